import assert from 'node:assert/strict';
import type { PoolChange } from '../../../src/delegation/poolChange';
import { Emitter } from '../../../src/util/emitter';
import { OpenTranscripts } from '../../../src/vscode/openTranscripts';
import { ManualClock } from '../../fakes/manualClock';

/** Counts how often anything of the delegation but its id is looked at. */
function delegation(id: string, looks: { count: number }): PoolChange['delegation'] {
  return new Proxy({ id } as PoolChange['delegation'], {
    get(target, key) {
      if (key !== 'id') looks.count += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
}

describe('Transcripts that are open', () => {
  // X4, X9
  it('are rendered again when their agent goes on, gathered; those of others cost nothing', () => {
    const changed = new Emitter<PoolChange>();
    const clock = new ManualClock();
    const refreshed: string[] = [];
    const looks = { count: 0 };
    const open = new OpenTranscripts({ onDidChange: changed.event }, clock, (childId) => refreshed.push(childId));
    const token = (childId: string) =>
      changed.fire({ delegation: delegation('deleg_1', looks), childId, kind: 'progress' });
    for (let n = 0; n < 1000; n += 1) token('deleg_1.1');
    assert.equal(clock.pending, 0);
    open.opened('deleg_1.1');
    for (let n = 0; n < 1000; n += 1) token(`deleg_1.${n % 100}`);
    assert.deepEqual([clock.pending, looks.count], [1, 0]);
    clock.advance(500);
    assert.deepEqual(refreshed, ['deleg_1.1']);
    changed.fire({ delegation: delegation('deleg_1', looks), kind: 'state' });
    changed.fire({ delegation: delegation('deleg_2', looks), kind: 'state' });
    clock.advance(500);
    assert.deepEqual(refreshed, ['deleg_1.1', 'deleg_1.1']);
    token('deleg_1.1');
    open.closed('deleg_1.1');
    clock.advance(500);
    assert.equal(refreshed.length, 2);
    open.dispose();
  });
});
