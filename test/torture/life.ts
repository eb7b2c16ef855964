import { canResume, isOver } from '../../src/delegation/delegation';
import { everyRun } from '../../src/delegation/result';
import { WorktreeFault } from '../../src/delegation/worktree';
import type { Engine } from '../../src/engine';
import type { Session } from '../../src/session/session';
import { DIRECT, MORE, PLAN_A, PLAN_B, STAY } from './model';
import type { LifeOrder, Mischief, Report } from './words';

/** Delegations of a window that run in the background at once. */
export const SLOTS = 2;

/** What a user does in one life of a window: three messages in two sessions, one delegation of their own. */
export class Life {
  readonly #engine: Engine;
  readonly #tell: (report: Report) => void;
  readonly #a: Session;
  #mischief: Mischief | undefined;
  #more: { readonly after: number; readonly text: string } | undefined;

  constructor(engine: Engine, { life, mischief, resumes, writesOn = 0 }: LifeOrder, tell: (report: Report) => void) {
    this.#engine = engine;
    this.#tell = tell;
    this.#mischief = mischief;
    if (resumes === true) resumeAll(engine, tell);
    const { sessions } = engine;
    this.#a = sessions.create();
    this.#a.send(`${PLAN_A} ${life}`);
    this.#more = { after: writesOn, text: `${MORE} ${life}` };
    this.#writeOn(0);
    const b = sessions.create();
    b.send(`${PLAN_B} ${life}`);
    const own = { sessionId: b.id, origin: 'user', wait: 'background' } as const;
    engine.delegate({ goal: `${DIRECT} ${life}`, toolsets: ['read'] }, own, new AbortController().signal);
  }

  /** Something changed, for the n-th time: does what the user does then. */
  onChange(count: number): void {
    this.#writeOn(count);
    const mischief = this.#mischief;
    if (mischief === undefined || count < mischief.after) return;
    // What it does is a change as well.
    this.#mischief = undefined;
    if (!this.#make(mischief.what)) this.#mischief = mischief;
  }

  #writeOn(count: number): void {
    const more = this.#more;
    if (more === undefined || count < more.after) return;
    this.#more = undefined;
    if (this.#engine.sessions.has(this.#a.id)) this.#a.send(more.text);
  }

  /** Returns false where there is nothing to do it to yet. */
  #make(what: Mischief['what']): boolean {
    const { pool, sessions } = this.#engine;
    switch (what) {
      case 'cancel':
        pool.cancel(pool.list().find(({ status }) => !isOver(status))?.id ?? '');
        return true;
      case 'cancel-all':
        pool.cancelAll(this.#a.id);
        return true;
      case 'stop':
        this.#a.stop();
        return true;
      case 'delete-session':
        this.#tell({ type: 'deleted', sessionId: this.#a.id });
        void sessions.delete(this.#a.id);
        return true;
      case 'retry':
        return this.#retry();
      case 'detach':
        return this.#detach();
      case 'apply':
        return this.#apply();
    }
  }

  /** Begins a child that is over again while its siblings run. */
  #retry(): boolean {
    const { pool } = this.#engine;
    const running = pool.list().filter(({ id, status }) => status === 'running' && !pool.isElsewhere(id));
    const over = running.flatMap(({ children }) => children.find(({ state }) => isOver(state.status)) ?? [])[0];
    if (over === undefined || pool.retry(over.id) === undefined) return false;
    this.#tell({ type: 'did', deed: 'retried' });
    return true;
  }

  #detach(): boolean {
    const { pool } = this.#engine;
    const inline = pool.list().find(({ mode, status }) => mode === 'inline' && !isOver(status));
    if (inline === undefined || !pool.detach(inline.id)) return false;
    this.#tell({ type: 'did', deed: 'detached' });
    return true;
  }

  #apply(): boolean {
    const { pool, worktrees } = this.#engine;
    const own = pool.list().filter(({ id, status }) => isOver(status) && !pool.isElsewhere(id));
    const ready = own.flatMap(everyRun).filter(({ worktree }) => worktree?.state === 'ready');
    if (ready.length === 0) return false;
    worktrees.apply(ready.map(({ id }) => id)).then(
      ({ kind }) =>
        this.#tell(
          kind === 'applied' ? { type: 'did', deed: 'applied' } : { type: 'fault', text: `Applying: ${kind}` },
        ),
      (error: unknown) => {
        // The window was told to end meanwhile.
        if (!(error instanceof WorktreeFault)) this.#tell({ type: 'fault', text: `Applying failed: ${String(error)}` });
      },
    );
    return true;
  }
}

/** The user lets all go on that was cut off. */
export function resumeAll(engine: Engine, tell: (report: Report) => void): void {
  const { pool } = engine;
  for (const { id } of pool.list().filter((delegation) => canResume(delegation) && !pool.isElsewhere(delegation.id)))
    if (engine.resumeWork(id) === undefined) tell({ type: 'did', deed: 'resumed' });
}

/** Cancels those whose command never ends, once nothing else can run: so one runs whenever a window dies before. */
export function cancelWhatStays({ pool }: Engine): void {
  const open = pool.list().filter(({ id, status }) => !isOver(status) && !pool.isElsewhere(id));
  const stays = open.filter(({ children }) => children.some(({ task }) => task.goal.startsWith(STAY)));
  const others = open.filter((delegation) => !stays.includes(delegation));
  // Those of earlier lives that go on may have taken all slots.
  const holdUp = stays.filter(({ status }) => status === 'running').length >= SLOTS;
  if (others.every(({ status }) => holdUp && status === 'queued')) for (const { id } of stays) pool.cancel(id);
}
