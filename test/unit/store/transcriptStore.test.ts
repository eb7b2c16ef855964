import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Message } from '../../../src/agent/messages';
import { createDelegation } from '../../../src/delegation/delegation';
import { Database } from '../../../src/store/database';
import { DelegationStore } from '../../../src/store/delegationStore';
import { TranscriptStore } from '../../../src/store/transcriptStore';
import { ManualClock } from '../../fakes/manualClock';

const CHILD = 'deleg_00000001.1';
const reply = (part: Extract<Message, { role: 'assistant' }>['parts'][number]): Message => ({
  role: 'assistant',
  model: 'm',
  parts: [part],
});

describe('the transcript of a child in the store', () => {
  let folder: string;
  let db: Database;
  let transcripts: TranscriptStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-transcripts-'));
    const clock = new ManualClock();
    const fail = (what: string, error: unknown) => assert.fail(`${what}: ${String(error)}`);
    db = Database.open(join(folder, 'fanout.sqlite'), fail, { clock, onError: fail });
    transcripts = new TranscriptStore(db, clock);
    const delegation = createDelegation({
      id: 'deleg_00000001',
      sessionId: 'session-1',
      depth: 1,
      mode: 'background',
      origin: 'agent',
      context: '',
      dispatchedAt: 0,
      tasks: [{ goal: 'Audit the cart', context: '', toolsets: ['read'], role: 'leaf', model: 'm' }],
    });
    new DelegationStore(db, clock).save(delegation, delegation.children);
    db.flush();
  });

  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  /** What another process would find if this one were killed now. */
  function onDisk(): number {
    const other = new DatabaseSync(join(folder, 'fanout.sqlite'), { readOnly: true });
    const count = Number(other.prepare('SELECT count(*) AS n FROM transcripts').get()?.['n']);
    other.close();
    return count;
  }

  it('C37 has the calls of tools before the tools can run', () => {
    transcripts.append(CHILD, reply({ type: 'tool-call', call: { id: 'a', name: 'run_command', input: {} } }));
    assert.equal(onDisk(), 1);
  });

  it('has all else when the tick is over, in one transaction', () => {
    transcripts.append(CHILD, reply({ type: 'text', text: 'Done.' }));
    assert.equal(onDisk(), 0);
    assert.equal(transcripts.load(CHILD).length, 1);
  });
});
