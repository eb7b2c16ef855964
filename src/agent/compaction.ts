import { estimateTokenCount } from 'tokenx';
import type { AgentEvent } from './events';
import type { Message, UserMessage } from './messages';
import { NO_USAGE } from './messages';
import type { AgentModel, Requester } from './model';
import { isRequest, isSummary, shorten, visibleMessages } from './modelPrompt';
import { estimateTokens, inputRoom, messageTokens } from './promptSize';
import { summarise, type Allowance } from './summary';
import { cutMiddle } from '../util/cutText';

/** Parts of the room for input that go to what is left of the older messages; the rest is for what comes. */
const SHARES = { kept: 0.25, transcript: 0.5, summary: 0.12, request: 0.15, task: 0.08 };
/** A compaction that leaves more of the prompt than this is none. */
const WORTH = 0.95;
/** No text that is kept is cut shorter, in characters. */
const LEAST_SHOWN = 200;

export interface CompactionSource {
  /** The whole transcript. */
  readonly messages: readonly Message[];
  readonly model: AgentModel;
  readonly requester: Requester;
  /** Tokens of the provider's for one of our estimate. */
  readonly ratio: number;
  readonly allowance: Allowance;
}

/**
 * Makes room: the older part of the conversation becomes a summary, or, where the model gives none, is left out but for the
 * task and the user's last words. The returned message is appended like any other; nothing before it changes, it only
 * hides what it sums up. However long a conversation gets, what stays is a part of the room. Undefined where there is
 * nothing left to leave out.
 */
export async function compact(
  source: CompactionSource,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<Compaction | undefined> {
  const { messages, model, ratio } = source;
  const room = inputRoom(model) / ratio;
  const { keeps, shown } = keptOf(messages, room * SHARES.kept);
  const older = visibleMessages(messages.slice(0, messages.length - keeps));
  const before = visibleMessages(messages);
  const plain = summaryMessage({ older, keeps, shown, room, summary: undefined, source });
  if (sizeOf(messages, plain) > WORTH * estimateTokens('', before)) return undefined;
  // What people said is quoted; there is something to sum up only where the agent did something.
  if (!older.some(({ role }) => role !== 'user')) return { message: plain, plain: true };
  const transcriptRoom = room * SHARES.transcript;
  const { text, usage } = await summarise(older, transcriptRoom, source, onEvent, signal);
  const message = text === undefined ? plain : summaryMessage({ older, keeps, shown, room, summary: text, source });
  return { message: { ...message, ...(usage === NO_USAGE ? {} : { usage }) }, plain: text === undefined };
}

export interface Compaction {
  readonly message: UserMessage;
  /** Nothing sums up what was left out. */
  readonly plain: boolean;
}

function sizeOf(messages: readonly Message[], summary: UserMessage): number {
  return estimateTokens('', [...messages, summary]);
}

/** How many of the newest messages stay, and how much of each of their texts, so that they take so many tokens. */
function keptOf(messages: readonly Message[], tokens: number): { keeps: number; shown: number | undefined } {
  let left = tokens;
  let keeps = 0;
  let unit = 0;
  for (let count = 1; count <= messages.length; count++) {
    const message = messages[messages.length - count];
    if (message === undefined || isSummary(message)) break;
    left -= messageTokens(message);
    // A prompt may not begin between a call and its result.
    if (message.role !== 'tool' && left >= 0) keeps = count;
    // The newest step stays, whatever the user adds to it.
    if (unit === 0 && message.role !== 'tool' && !isSteer(message)) unit = count;
    if (left < 0 && unit > 0) break;
  }
  if (keeps >= unit) return { keeps, shown: undefined };
  const newest = messages.slice(messages.length - unit);
  let shown = Math.max(LEAST_SHOWN, ...newest.map(longest));
  const tooLong = () => newest.reduce((sum, message) => sum + messageTokens(shorten(message, shown)), 0) > tokens;
  while (shown > LEAST_SHOWN && tooLong()) shown = Math.max(LEAST_SHOWN, Math.floor(shown / 2));
  return { keeps: unit, shown };
}

function longest(message: Message): number {
  if (message.role === 'user') return message.text.length;
  if (message.role === 'tool') return Math.max(0, ...message.results.map(({ text }) => text.length));
  return Math.max(
    0,
    ...message.parts.map((part) =>
      part.type === 'tool-call' ? JSON.stringify(part.call.input).length : part.text.length,
    ),
  );
}

interface SummaryParts {
  readonly older: readonly Message[];
  readonly keeps: number;
  readonly shown: number | undefined;
  readonly room: number;
  readonly summary: string | undefined;
  readonly source: CompactionSource;
}

function summaryMessage({ older, keeps, shown, room, summary, source }: SummaryParts): UserMessage {
  const left = source.messages.slice(0, source.messages.length - keeps);
  const earlier = older.find(isSummary);
  const known = summary ?? (earlier?.role === 'user' ? earlier.summary : undefined);
  const text = known === undefined ? undefined : fit(known, room * SHARES.summary);
  const request = left.findLastIndex(isRequest);
  const task = left.findIndex(isRequest);
  const sections = [
    summary === undefined ? LEFT_OUT : SUMMED_UP,
    text ?? '',
    quoted('The last request in that part, word for word:', requestAt(left, request), room * SHARES.request),
    task === request ? '' : quoted(FIRST, requestAt(left, task), room * SHARES.task),
  ];
  return {
    role: 'user',
    origin: 'summary',
    keeps,
    ...(shown === undefined ? {} : { shown }),
    ...(text === undefined ? {} : { summary: text }),
    text: sections.filter((section) => section !== '').join('\n\n'),
  };
}

const SUMMED_UP = 'Summary of the conversation so far; its older part was compacted to make room.';
const LEFT_OUT =
  'The older part of the conversation was left out to make room, without a summary of its end. Look at the files again where you need to know what was done.';
const FIRST = 'The request that the conversation began with, word for word (it may be done long since):';

/** A request, with what the user added while it was worked on. */
function requestAt(messages: readonly Message[], at: number): string {
  const [request, ...later] = at < 0 ? [] : messages.slice(at);
  if (request?.role !== 'user') return '';
  const end = later.findIndex(isRequest);
  const added = later
    .slice(0, end < 0 ? undefined : end)
    .flatMap((message) => (isAdded(message) ? [message.text] : []));
  return [request.text, ...added].join('\n\n');
}

function isSteer(message: Message): boolean {
  return message.role === 'user' && message.origin === 'steer';
}

/** What people say to work that is under way. */
function isAdded(message: Message): message is UserMessage {
  return message.role === 'user' && (message.origin === 'steer' || message.origin === 'continue');
}

function quoted(heading: string, text: string, tokens: number): string {
  return text === '' ? '' : `${heading}\n${fit(text, tokens)}`;
}

/** The text in at most so many tokens, as we estimate them. */
function fit(text: string, tokens: number): string {
  let cut = text;
  for (let chars = text.length; estimateTokenCount(cut) > tokens && chars > LEAST_SHOWN;) {
    chars = Math.max(LEAST_SHOWN, Math.floor(chars * Math.min(0.9, tokens / estimateTokenCount(cut))));
    cut = cutMiddle(text, chars, (missing) => `[… ${missing} characters left out …]`);
  }
  return cut;
}
