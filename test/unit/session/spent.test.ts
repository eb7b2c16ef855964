import assert from 'node:assert/strict';
import type { Usage } from '../../../src/agent/messages';
import { spentBy, spentInAll } from '../../../src/session/spent';
import type { SessionEntry } from '../../../src/store/entries';
import { done, finished } from '../delegation/blockHarness';

const usage = (input: number, output: number, costUsd: number | null): Usage => ({
  tokens: { input, output, cached: 1 },
  costUsd,
});
const said = (took: Usage): SessionEntry => ({ role: 'assistant', model: 'm', parts: [], usage: took });

// M18
describe('what a session spent', () => {
  const entries: readonly SessionEntry[] = [
    { role: 'user', origin: 'user', text: 'Go.' },
    said(usage(100, 10, 0.25)),
    { role: 'notice', level: 'info', text: 'n' },
    { role: 'user', origin: 'summary', text: 's', usage: usage(50, 5, 0.5) },
    said(usage(20, 2, 1)),
  ];

  it('is the sum of its requests, those for summaries included', () => {
    assert.deepEqual(spentBy(entries), { tokens: { input: 170, output: 17, cached: 3 }, costUsd: 1.75 });
    assert.deepEqual(spentBy([]), { tokens: { input: 0, output: 0, cached: 0 }, costUsd: 0 });
  });

  it('has no cost where that of one request is not known, or a reply did not come to its end', () => {
    const cut: SessionEntry = { role: 'assistant', model: 'm', parts: [], interrupted: true };
    for (const more of [said(usage(1, 1, null)), cut]) assert.equal(spentBy([...entries, more]).costUsd, null);
  });

  it('holds what its delegations took', () => {
    const batch = finished([done('a', 'A'), done('b', 'B')]);
    const children = batch.children.map((child) => ({
      ...child,
      progress: { ...child.progress, tokens: { input: 7, output: 3, cached: 0 }, costUsd: 0.125 },
    }));
    assert.deepEqual(spentInAll(entries, [{ ...batch, children }]), {
      tokens: { input: 184, output: 23, cached: 3 },
      costUsd: 2,
    });
  });
});
