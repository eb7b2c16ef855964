import type { AssistantMessage, ToolCall, ToolMessage } from '../agent/messages';
import type { ChatItem, NoticeCommand } from '../protocol';
import type { LiveTool, LiveTurn } from '../session/liveTurn';
import type { Notice } from '../store/entries';
import type { StoredEntry } from '../store/sessionStore';
import { DELEGATE_TASK } from '../tools/delegateTask';

/** What a view needs to know of the session besides its entries. */
export interface ItemContext {
  /** What a tool call works on, in a few words. */
  readonly targetOf: (call: ToolCall) => string;
  /** The agent waits for the user's word before it reads the completions after this entry; Infinity where it does not. */
  readonly unreadAfter: number;
  /** The pool still has the delegation, so its card can be drawn from that. */
  readonly isListed: (delegationId: string) => boolean;
}

/** Characters of a tool's arguments or result that go to the view. */
const SHOWN = 20_000;

/** Something shown beside the transcript, and the entry after which it stands. */
export interface Picture {
  readonly afterSeq: number;
  readonly item: ChatItem;
}

/**
 * The items of a conversation, in order. Ids are stable: an entry gives the same ids whenever it is asked. `pictures`
 * are in their order.
 */
export function itemsOf(
  entries: readonly StoredEntry[],
  context: ItemContext,
  pictures: readonly Picture[] = [],
): ChatItem[] {
  const items = new Map<string, ChatItem>();
  let asked: StoredEntry | undefined;
  let hung = 0;
  const hang = (before: number) => {
    for (let next = pictures[hung]; next !== undefined && next.afterSeq < before; next = pictures[++hung])
      items.set(next.item.id, next.item);
  };
  for (const stored of entries) {
    hang(stored.seq);
    for (const item of itemsOfEntry(stored, asked, context)) items.set(item.id, item);
    if (stored.entry.role === 'assistant') asked = stored;
  }
  hang(Infinity);
  return [...items.values()];
}

/** What the ids of an entry's items begin with. */
export function entryId(seq: number): string {
  return `m${seq}`;
}

/** The newest reply: the one that a tool message answers. */
export function newestReply(entries: readonly StoredEntry[]): StoredEntry | undefined {
  return entries.findLast(({ entry }) => entry.role === 'assistant');
}

/**
 * What one entry adds or replaces; `asked` is the newest reply before it. A tool message gives the items of the calls
 * that it answers, under their old ids.
 */
export function itemsOfEntry(
  { seq, at, entry }: StoredEntry,
  asked: StoredEntry | undefined,
  context: ItemContext,
): ChatItem[] {
  const id = entryId(seq);
  switch (entry.role) {
    case 'user':
      if (entry.origin === 'summary' || entry.origin === 'continue' || entry.origin === 'correction') return [];
      if (entry.origin !== 'completion' || entry.delegationId === undefined)
        return [{ kind: 'user', id, text: entry.text, at }];
      return [
        {
          kind: 'completion',
          id,
          delegationId: entry.delegationId,
          at,
          ...(context.isListed(entry.delegationId) ? {} : { text: entry.text }),
          ...(seq > context.unreadAfter ? { waiting: true } : {}),
        },
      ];
    case 'assistant':
      return assistantItems(id, entry, context);
    case 'tool':
      return resultItems(entry, asked, context);
    case 'notice':
      return [{ kind: 'notice', id, level: entry.level, text: entry.text, actions: actionsFor(entry) }];
    case 'dispatched':
      return [{ kind: 'delegation', id, delegationId: entry.delegationId }];
  }
}

/** The items of what streams right now; they give way to those of the entry that it becomes. */
export function liveItems(live: LiveTurn): ChatItem[] {
  return [
    ...(live.reasoning === ''
      ? []
      : [{ kind: 'reasoning', id: LIVE.reasoning, text: live.reasoning, streaming: true } as const]),
    ...(live.text === '' ? [] : [{ kind: 'assistant', id: LIVE.text, markdown: live.text, streaming: true } as const]),
  ];
}

export const LIVE = { text: 'live.text', reasoning: 'live.reasoning' } as const;

/** The id of that item; undefined where the call has none. */
export function liveToolId({ call }: LiveTool, entries: readonly StoredEntry[]): string | undefined {
  const seq = newestReply(entries)?.seq;
  return seq === undefined || call.name === DELEGATE_TASK ? undefined : toolId(entryId(seq), call);
}

function toolId(messageId: string, call: ToolCall): string {
  return `${messageId}:${call.id}`;
}

/** The item of a call that runs, or has just ended, whose result is not in the transcript yet. */
export function liveToolItem(live: LiveTool, entries: readonly StoredEntry[]): ChatItem | undefined {
  const seq = newestReply(entries)?.seq;
  if (seq === undefined) return undefined;
  const shown = live.result?.text ?? live.output;
  return toolItem(entryId(seq), live.call, live.target, live.result?.status ?? 'running', shown);
}

function assistantItems(id: string, message: AssistantMessage, context: ItemContext): ChatItem[] {
  return message.parts.flatMap((part, index): ChatItem[] => {
    const partId = `${id}.${index}`;
    switch (part.type) {
      case 'text':
        return [
          {
            kind: 'assistant',
            id: partId,
            markdown: part.text,
            streaming: false,
            ...(message.interrupted ? { interrupted: true } : {}),
          },
        ];
      case 'reasoning':
        return part.text === '' ? [] : [{ kind: 'reasoning', id: partId, text: part.text, streaming: false }];
      case 'tool-call': {
        const { call, executed } = part;
        const status = executed === undefined ? 'running' : executed.isError ? 'error' : 'ok';
        const item = toolItem(id, call, context.targetOf(call), status, executed?.text ?? '');
        return item === undefined ? [] : [item];
      }
    }
  });
}

function resultItems(message: ToolMessage, asked: StoredEntry | undefined, context: ItemContext): ChatItem[] {
  if (asked?.entry.role !== 'assistant') return [];
  const { parts } = asked.entry;
  return message.results.flatMap((result) => {
    const part = parts.find((candidate) => candidate.type === 'tool-call' && candidate.call.id === result.callId);
    if (part?.type !== 'tool-call') return [];
    const { call } = part;
    return toolItem(entryId(asked.seq), call, context.targetOf(call), result.status, result.text) ?? [];
  });
}

/** An accepted delegation has a card of its own; only a refused one shows as a tool call. */
function toolItem(
  messageId: string,
  call: ToolCall,
  target: string,
  status: Extract<ChatItem, { kind: 'tool' }>['status'],
  output: string,
): ChatItem | undefined {
  if (call.name === DELEGATE_TASK && (status === 'ok' || status === 'running')) return undefined;
  const input = typeof call.input === 'string' ? call.input : JSON.stringify(call.input, null, 2);
  return {
    kind: 'tool',
    id: toolId(messageId, call),
    name: call.name,
    target,
    status,
    input: bounded(input),
    output: bounded(output),
  };
}

function bounded(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}\n[… ${text.length - SHOWN} more characters]`;
}

/** What helps with a problem comes first. */
function actionsFor(notice: Notice): { readonly label: string; readonly command: NoticeCommand }[] {
  if (notice.level !== 'error') return [];
  const first = notice.problem === undefined ? [] : HELP[notice.problem];
  return [...first, RETRY, { label: 'Open Log', command: 'openLog' }];
}

interface Help {
  readonly label: string;
  readonly command: NoticeCommand;
}

const RETRY: Help = { label: 'Try Again', command: 'retryTurn' };
const SET_KEY: Help = { label: 'Set API Key…', command: 'setApiKey' };
const SELECT_MODEL: Help = { label: 'Select Model…', command: 'selectModel' };
const OPEN_SETTINGS: Help = { label: 'Open Settings', command: 'openSettings' };

const HELP: Record<NonNullable<Notice['problem']>, readonly Help[]> = {
  'no-model': [SELECT_MODEL, OPEN_SETTINGS],
  auth: [SET_KEY],
  'not-found': [SELECT_MODEL, OPEN_SETTINGS],
  network: [OPEN_SETTINGS],
  'bad-request': [SELECT_MODEL],
  'context-overflow': [SELECT_MODEL],
  refused: [],
  'rate-limit': [],
  overload: [],
  cut: [],
  server: [],
};
