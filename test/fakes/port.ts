import type { ChatItem, DelegationView, ToView } from '../../src/protocol';
import type { ChatView } from '../../src/vscode/chatConnection';
import { EMPTY_STATE, type ChatState } from '../../src/webview/chatState';
import { reduce } from '../../src/webview/state';

/** A chat view without a browser: keeps what it was sent, and knows what a person would see of it. */
export class FakePort implements ChatView {
  readonly messages: ToView[] = [];
  state: ChatState = EMPTY_STATE;
  /** What it said for the log. */
  readonly reports: string[] = [];
  reloads = 0;
  readonly #pictures: DelegationView[] = [];

  reload(): void {
    this.reloads++;
  }

  report(fault: string): void {
    this.reports.push(fault);
  }

  post(message: ToView): void {
    this.messages.push(message);
    this.state = reduce(this.state, message);
    for (const change of message.type === 'delta' ? message.changes : []) {
      const id = change.op === 'delegation' ? change.delegation.id : change.op === 'rows' ? change.delegationId : '';
      const picture = this.state.delegations.get(id);
      if (picture !== undefined) this.#pictures.push(picture);
    }
  }

  /** The items of one kind that are shown. */
  items<K extends ChatItem['kind']>(kind: K): readonly Extract<ChatItem, { kind: K }>[] {
    return this.state.items.filter((item): item is Extract<ChatItem, { kind: K }> => item.kind === kind);
  }

  /** The conversation as it reads, one line for each item. */
  get lines(): readonly string[] {
    return this.state.items.map(lineOf);
  }

  /** The numbers of the snapshots and deltas, in order of arrival. */
  get numbers(): readonly number[] {
    return this.messages.flatMap((message) => ('seq' in message ? [message.seq] : []));
  }

  get snapshots(): number {
    return this.messages.filter(({ type }) => type === 'snapshot').length;
  }

  /** Every picture of this delegation that the view was sent by deltas. */
  picturesOf(delegationId: string): readonly DelegationView[] {
    return this.#pictures.filter(({ id }) => id === delegationId);
  }
}

function lineOf(item: ChatItem): string {
  switch (item.kind) {
    case 'user':
      return `user: ${item.text}`;
    case 'assistant':
      return `agent${item.interrupted ? ' (cut off)' : ''}: ${item.markdown}`;
    case 'reasoning':
      return `reasoning: ${item.text}`;
    case 'tool':
      return `tool ${item.name} ${item.target}: ${item.status}`;
    case 'delegation':
      return `dispatched ${item.delegationId}`;
    case 'completion':
      return `results of ${item.delegationId}${item.waiting ? ', waiting' : ''}`;
    case 'agents':
      return `agents: ${item.rows.length}`;
    case 'notice':
      return `${item.level}: ${item.text}`;
  }
}
