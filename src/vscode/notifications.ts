import type { Delegation } from '../delegation/delegation';
import { taskCountOf } from '../delegation/delegation';
import { onOwnEnd } from '../delegation/ownEnds';
import type { DelegationPool } from '../delegation/pool';
import { shortfallOf } from '../delegation/result';
import type { Disposable } from '../util/emitter';
import { plural } from './figures';
import { visibleText } from '../util/plainText';
import type { Prompts } from './prompts';
import { nameOf } from './rowTooltip';

export interface NotificationPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'isElsewhere' | 'onDidChange' | 'onDidRemove'>;
  /** Whether the user sees this session in a chat, where the results appear anyway. */
  readonly chatShows: (sessionId: string) => boolean;
  readonly prompts: Pick<Prompts, 'inform' | 'warn'>;
  /** Shows the session in the chat. */
  readonly openChat: (sessionId: string) => void | Promise<void>;
  readonly reveal: (delegationId: string) => Promise<unknown>;
  readonly onError: (message: string, error: unknown) => void;
}

const OPEN_CHAT = 'Open Chat';
const SHOW = 'Show';

/**
 * One notification when a background delegation ends while no chat shows its session; never one per agent (SPEC 6.6).
 * Only a delegation that was seen running counts: one that an earlier window left behind is no news. What another window
 * runs is told there.
 */
export function notifyOfEnds(ports: NotificationPorts): Disposable {
  return onOwnEnd(ports.pool, (delegation) => {
    if (!isNews(delegation, ports)) return;
    notify(delegation, ports).catch((error: unknown) => ports.onError('A notification failed', error));
  });
}

/** Who cancelled a delegation as a whole knows that it is over. */
function isNews({ sessionId, mode, cancelled }: Delegation, { chatShows }: NotificationPorts): boolean {
  return mode === 'background' && !cancelled && !chatShows(sessionId);
}

async function notify(delegation: Delegation, ports: NotificationPorts): Promise<void> {
  const { prompts } = ports;
  const text = endText(delegation);
  const chosen =
    delegation.status === 'completed' && shortfallOf(delegation) === ''
      ? await prompts.inform(text, OPEN_CHAT, SHOW)
      : await prompts.warn(text, OPEN_CHAT, SHOW);
  if (chosen === OPEN_CHAT) await ports.openChat(delegation.sessionId);
  else if (chosen === SHOW) await ports.reveal(delegation.id);
}

/** `Fanout: “goal” is done.`, or how many of its tasks are. */
function endText(delegation: Delegation): string {
  const { status } = delegation;
  const name = `“${visibleText(nameOf(delegation))}”`;
  const count = taskCountOf(delegation);
  if (count === 1) return `Fanout: ${name} ${status === 'completed' ? 'is done' : `ended: ${status}`}.`;
  const shortfall = shortfallOf(delegation);
  if (shortfall !== '') return `Fanout: ${name}: ${shortfall}.`;
  return `Fanout: ${status === 'completed' ? `${plural(count, 'task')} done` : `${plural(count, 'task')} ended: ${status}`}.`;
}
