import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Database } from '../../src/store/database';
import { DelegationStore } from '../../src/store/delegationStore';
import { SessionStore } from '../../src/store/sessionStore';
import { TranscriptStore } from '../../src/store/transcriptStore';
import { ManualClock } from '../fakes/manualClock';
import { ScriptedModel } from '../fakes/scriptedModel';
import { done, finished } from '../unit/delegation/blockHarness';
import type { Activation, Contents } from './activation';
import { createEngine } from './engineProcess';

const MESSAGES = 10;

/** Makes a workspace's store as earlier windows left it: sessions that delegated, and results that came back. */
export function fillStore(folder: string, contents: Contents): Promise<'done'> {
  const clock = new ManualClock();
  const db = Database.open(join(folder, 'store', 'fanout.db'), (sentence, error) => {
    throw new Error(sentence, { cause: error });
  });
  db.transaction(() => {
    fillSessions(new SessionStore(db, clock), clock, contents);
    fillDelegations(new DelegationStore(db, clock), new TranscriptStore(db, clock), clock, contents);
  });
  db.close();
  return Promise.resolve('done');
}

function fillSessions(store: SessionStore, clock: ManualClock, { sessions }: Contents): void {
  for (let n = 0; n < sessions; n++) {
    const now = clock.now();
    store.save({ id: `session-${n}`, title: `Session ${n}`, model: '', createdAt: now, updatedAt: now, inbox: [] });
    for (let seq = 0; seq < MESSAGES; seq++) {
      clock.advance(1000);
      const text = `Message ${seq} of session ${n}: what is wrong with the cart, and who pays for it? `.repeat(5);
      store.append(
        `session-${n}`,
        seq,
        seq % 2 === 0
          ? { role: 'user', origin: 'user', text }
          : { role: 'assistant', model: 'acme/large', parts: [{ type: 'text', text }] },
      );
    }
  }
}

function fillDelegations(
  store: DelegationStore,
  transcripts: TranscriptStore,
  clock: ManualClock,
  { sessions, delegations }: Contents,
): void {
  for (let n = 0; n < delegations; n++) {
    clock.advance(1000);
    const id = `deleg_${n.toString(16).padStart(8, '0')}`;
    const sessionId = `session-${n % sessions}`;
    const over = finished([done('Audit the cart', `The cart is fine. ${'So is the rest. '.repeat(50)}`)]);
    const children = over.children.map((child) => ({ ...child, id: `${id}.1` }));
    const delegation = { ...over, id, sessionId, dispatchedAt: clock.now(), endedAt: clock.now(), children };
    store.addCompletion(delegation);
    store.deliverCompletion(id, sessionId, () => {});
    store.save({ ...delegation, delivery: 'delivered' }, []);
    for (let seq = 0; seq < 4; seq++) transcripts.append(`${id}.1`, { role: 'user', origin: 'task', text: 'Look.' });
  }
}

/** A window opens on the store. */
export async function activate(folder: string): Promise<Activation> {
  const model = new ScriptedModel(() => new Error('Nothing is asked.'));
  const before = performance.now();
  const engine = createEngine(folder, model, { children: 1, steps: 1, latencyMs: 0, warm: false });
  engine.start();
  const now = performance.now();
  await engine.close();
  return { engineMs: now - before, processMs: now };
}
