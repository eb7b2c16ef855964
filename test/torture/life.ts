import { isOver } from '../../src/delegation/delegation';
import type { Engine } from '../../src/engine';
import type { Session } from '../../src/session/session';
import { DIRECT, MORE, PLAN_A, PLAN_B, STAY } from './model';
import type { Mischief } from './words';

/** What a user does in one life of a window: three messages in two sessions, one delegation of their own. */
export class Life {
  readonly #engine: Engine;
  readonly #a: Session;
  #mischief: Mischief | undefined;

  constructor(engine: Engine, name: string, mischief: Mischief | undefined) {
    this.#engine = engine;
    this.#mischief = mischief;
    const { sessions } = engine;
    this.#a = sessions.create();
    this.#a.send(`${PLAN_A} ${name}`);
    this.#a.send(`${MORE} ${name}`);
    const b = sessions.create();
    b.send(`${PLAN_B} ${name}`);
    const own = { sessionId: b.id, origin: 'user', wait: 'background' } as const;
    engine.delegate({ goal: `${DIRECT} ${name}` }, own, new AbortController().signal);
  }

  /** Something changed, for the n-th time: does what the user does then. */
  onChange(count: number): void {
    if (this.#mischief === undefined || count < this.#mischief.after) return;
    const { what } = this.#mischief;
    this.#mischief = undefined;
    this.#make(what);
  }

  #make(what: Mischief['what']): void {
    const { pool, sessions } = this.#engine;
    switch (what) {
      case 'cancel':
        return void pool.cancel(pool.list().find(({ status }) => !isOver(status))?.id ?? '');
      case 'cancel-all':
        return void pool.cancelAll(this.#a.id);
      case 'stop':
        return void this.#a.stop();
      case 'delete-session':
        void sessions.delete(this.#a.id);
    }
  }
}

/** Cancels those whose command never ends, once nothing else runs: so one runs whenever a window dies before. */
export function cancelWhatStays({ pool }: Engine): void {
  const open = pool.list().filter(({ id, status }) => !isOver(status) && !pool.isElsewhere(id));
  const stays = open.filter(({ children }) => children.some(({ task }) => task.goal.startsWith(STAY)));
  if (open.length === stays.length) for (const { id } of stays) pool.cancel(id);
}
