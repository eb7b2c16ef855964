import type { Delegation } from '../delegation/delegation';
import { canResume } from '../delegation/delegation';
import type { DelegationPool } from '../delegation/pool';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { plural } from './figures';
import type { Prompts } from './prompts';

export interface LeftBehindPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'get' | 'isElsewhere'>;
  /** Whether the user sees this session in a chat, where it is told anyway. */
  readonly chatShows: (sessionId: string) => boolean;
  readonly prompts: Pick<Prompts, 'warn'>;
  /** Shows the session in the chat. */
  readonly openChat: (sessionId: string) => void | Promise<void>;
  /** Lets it go on in place; or one sentence that says why it cannot. */
  readonly resumeWork: (delegationId: string) => string | undefined;
  readonly isTrusted: () => boolean;
  readonly clock: Clock;
  readonly onError: (message: string, error: unknown) => void;
}

const OPEN_CHAT = 'Open Chat';
const RESUME = 'Resume';

/** Milliseconds that VS Code is given to bring back the views that were open. */
const VIEWS_COME_BACK = 5000;

/**
 * One notification, some seconds after activation, of all that ended with an earlier window: where it can be resumed, or
 * unless the user sees its chat by then. Made before any of it is delivered.
 */
export function notifyOfLeftBehind(ports: LeftBehindPorts): Disposable {
  const { pool, clock, chatShows, onError } = ports;
  const waiting = pool.list().filter(({ id, delivery }) => delivery === 'pending' && !pool.isElsewhere(id));
  return clock.after(VIEWS_COME_BACK, () => {
    const now = waiting.flatMap(({ id }) => pool.get(id) ?? []);
    const untold = now.filter((delegation) => canResume(delegation) || !chatShows(delegation.sessionId));
    const [first] = untold;
    if (first === undefined) return;
    notify(untold, first, ports).catch((error: unknown) => onError('A notification failed', error));
  });
}

async function notify(ended: readonly Delegation[], first: Delegation, ports: LeftBehindPorts): Promise<void> {
  const { prompts, openChat, resumeWork, isTrusted } = ports;
  const cutOff = ended.filter(canResume);
  const text = `Fanout: ${plural(ended.length, 'delegation')} ended when VS Code was closed. What came of it is in the chat.`;
  const canGoOn = cutOff.length > 0 && isTrusted();
  const chosen = await prompts.warn(text, ...(canGoOn ? [RESUME] : []), OPEN_CHAT);
  if (chosen === OPEN_CHAT) await openChat(first.sessionId);
  if (chosen !== RESUME) return;
  const [problem] = cutOff.flatMap(({ id }) => resumeWork(id) ?? []);
  if (problem !== undefined) await prompts.warn(`Fanout: not all of it was resumed. ${problem}`);
}
