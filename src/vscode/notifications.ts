import type { Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import type { DelegationPool } from '../delegation/pool';
import type { Disposable } from '../util/emitter';
import { plural } from './figures';
import { visibleText } from '../util/plainText';
import type { Prompts } from './prompts';
import { nameOf } from './rowTooltip';

export interface NotificationPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'onDidChange' | 'onDidRemove'>;
  /** Whether the user sees the chat, where the results appear anyway. */
  readonly chatVisible: () => boolean;
  readonly prompts: Pick<Prompts, 'inform' | 'warn'>;
  readonly openChat: () => void | Promise<void>;
  readonly reveal: (delegationId: string) => Promise<unknown>;
  readonly onError: (message: string, error: unknown) => void;
}

const OPEN_CHAT = 'Open Chat';
const SHOW = 'Show';

/**
 * One notification when a background delegation ends while the chat is not visible; never one per agent (SPEC 6.6).
 * Only a delegation that was seen running counts: one that an earlier window left behind is no news.
 */
export function notifyOfEnds(ports: NotificationPorts): Disposable {
  const open = new Set<string>(ports.pool.list().flatMap(({ id, status }) => (isOver(status) ? [] : [id])));
  const changes = ports.pool.onDidChange((delegation) => {
    if (!isOver(delegation.status)) {
      open.add(delegation.id);
    } else if (open.delete(delegation.id) && isNews(delegation) && !ports.chatVisible()) {
      notify(delegation, ports).catch((error: unknown) => ports.onError('A notification failed', error));
    }
  });
  const removals = ports.pool.onDidRemove((id) => open.delete(id));
  return {
    dispose() {
      changes.dispose();
      removals.dispose();
    },
  };
}

/** Who cancelled a delegation as a whole knows that it is over. */
function isNews({ mode, cancelled }: Delegation): boolean {
  return mode === 'background' && !cancelled;
}

async function notify(delegation: Delegation, ports: NotificationPorts): Promise<void> {
  const { prompts } = ports;
  const text = endText(delegation);
  const chosen =
    delegation.status === 'completed'
      ? await prompts.inform(text, OPEN_CHAT, SHOW)
      : await prompts.warn(text, OPEN_CHAT, SHOW);
  if (chosen === OPEN_CHAT) await ports.openChat();
  else if (chosen === SHOW) await ports.reveal(delegation.id);
}

/** `Fanout: “goal” is done.`, or how many of its tasks are. */
function endText(delegation: Delegation): string {
  const { children, status } = delegation;
  const name = `“${visibleText(nameOf(delegation))}”`;
  if (children.length === 1) return `Fanout: ${name} ${status === 'completed' ? 'is done' : `ended: ${status}`}.`;
  const done = children.filter(({ state }) => state.status === 'completed').length;
  const all = plural(children.length, 'task');
  return done === children.length
    ? `Fanout: ${all} done.`
    : `Fanout: ${done} of ${all} done, the others ended otherwise.`;
}
