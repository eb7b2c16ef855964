import assert from 'node:assert/strict';
import { Journal } from '../../../src/store/journal';

const LIMIT = 1_000_000;
const put = (subject: string, value: string) => [{ sql: 'PUT', values: [value], subject }];
const append = (value: string) => [{ sql: 'INSERT', values: [value] }];

describe('what waits for a store that cannot be written', () => {
  const long = 'x'.repeat(1000);

  it('stays within its limit however long states change: all but the newest ones are left away', () => {
    const journal = new Journal(LIMIT);
    for (let n = 1; n <= 20_000; n++) {
      assert.ok(journal.add(put(`child ${n % 600}`, `${n} ${long}`), n));
    }
    const waiting = [];
    for (let batch = journal.first; batch !== undefined; batch = journal.first) {
      waiting.push(...batch.groups.flat());
      journal.shift();
    }
    assert.ok(waiting.length < 2000, `${waiting.length} writes wait`);
    const newest = new Map(
      waiting.map(({ subject, values: [value] }) => [subject, typeof value === 'string' ? value : '']),
    );
    assert.equal(newest.get('child 599')?.split(' ')[0], '19799');
    assert.equal(newest.size, 600);
  });

  it('refuses what nothing supersedes once it is too much, and takes it again when there is room', () => {
    const journal = new Journal(LIMIT);
    const taken = Array.from({ length: 1200 }, (_, n) => journal.add(append(long), n + 1)).filter(Boolean);
    assert.equal(taken.length, LIMIT / 1000 + 1);
    journal.shift();
    assert.ok(journal.isEmpty);
    assert.ok(journal.add(append(long), 1201));
  });
});
