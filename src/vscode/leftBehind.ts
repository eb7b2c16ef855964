import type { DelegationPool } from '../delegation/pool';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { plural } from './figures';
import type { Prompts } from './prompts';

export interface LeftBehindPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'isElsewhere'>;
  /** Whether the user sees this session in a chat, where it is told anyway. */
  readonly chatShows: (sessionId: string) => boolean;
  readonly prompts: Pick<Prompts, 'warn'>;
  /** Shows the session in the chat. */
  readonly openChat: (sessionId: string) => void | Promise<void>;
  readonly clock: Clock;
  readonly onError: (message: string, error: unknown) => void;
}

const OPEN_CHAT = 'Open Chat';

/** Milliseconds that VS Code is given to bring back the views that were open. */
const VIEWS_COME_BACK = 5000;

/**
 * One notification, some seconds after activation, of all that ended with an earlier window, unless the user sees
 * its chat by then. Made before any of it is delivered.
 */
export function notifyOfLeftBehind(ports: LeftBehindPorts): Disposable {
  const { pool, clock, chatShows, onError } = ports;
  const waiting = pool.list().filter(({ id, delivery }) => delivery === 'pending' && !pool.isElsewhere(id));
  return clock.after(VIEWS_COME_BACK, () => {
    const [first, ...others] = waiting.filter(({ sessionId }) => !chatShows(sessionId));
    if (first === undefined) return;
    notify(1 + others.length, first.sessionId, ports).catch((error: unknown) =>
      onError('A notification failed', error),
    );
  });
}

async function notify(count: number, sessionId: string, { prompts, openChat }: LeftBehindPorts): Promise<void> {
  const text = `Fanout: ${plural(count, 'delegation')} ended when VS Code was closed. What came of it is in the chat.`;
  if ((await prompts.warn(text, OPEN_CHAT)) === OPEN_CHAT) await openChat(sessionId);
}
