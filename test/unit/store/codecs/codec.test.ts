import assert from 'node:assert/strict';
import * as z from 'zod';
import { createCodec } from '../../../../src/store/codecs/codec';
import { childCodec, delegationCodec } from '../../../../src/store/codecs/delegationCodec';
import { entryCodec } from '../../../../src/store/codecs/entryCodec';
import type { SessionEntry } from '../../../../src/store/entries';
import { createDelegation } from '../../../../src/delegation/delegation';
import { taskOf } from '../../delegation/poolHarness';

const shape = z.looseObject({
  name: z.string(),
  count: z.number().default(0),
  note: z.exactOptional(z.string()),
  parts: z.array(z.looseObject({ kind: z.enum(['a', 'b']), text: z.string() })).default([]),
});
const plain = createCodec<object>(shape);

// P1
describe('a codec', () => {
  it('gives what is missing its default, and keeps what it does not know', () => {
    const { value, isWhole } = plain.read({ name: 'n', later: { deep: [1] } });
    assert.deepEqual(value, { name: 'n', count: 0, parts: [], later: { deep: [1] } });
    assert.ok(isWhole);
    assert.deepEqual(JSON.parse(plain.write(value)), value);
  });

  it('takes what is of the wrong type for missing, and leaves out items that cannot be had', () => {
    const stored = {
      name: 'n',
      count: 'many',
      note: 7,
      parts: [{ kind: 'c', text: 'x' }, { kind: 'a' }, 5, { kind: 'b', text: 'kept', more: 1 }, null, { text: 'x' }],
    };
    const before = structuredClone(stored);
    const { value, isWhole } = plain.read(stored);
    assert.deepEqual(value, { name: 'n', count: 0, parts: [{ kind: 'b', text: 'kept', more: 1 }] });
    assert.ok(!isWhole);
    assert.deepEqual(stored, before);
  });

  it('has nothing to give where what it cannot do without is missing', () => {
    for (const stored of [{}, { name: 1 }, [], 'text', null, 7]) assert.throws(() => plain.read(stored));
  });

  it('brings older bodies up to date, each step once, and writes the version', () => {
    const codec = createCodec<object>(shape, [
      (body) => ({ ...body, name: body['title'] }),
      (body) => ({ ...body, count: Number(body['count'] ?? 0) + 1 }),
    ]);
    assert.partialDeepStrictEqual(codec.read({ title: 't' }).value, { name: 't', count: 1 });
    assert.partialDeepStrictEqual(codec.read({ v: 1, name: 'n', count: 4 }).value, { name: 'n', count: 5 });
    const { value } = codec.read({ v: 2, name: 'n', count: 4 });
    assert.deepEqual(value, { name: 'n', count: 4, parts: [] });
    assert.deepEqual(JSON.parse(codec.write(value)), { ...value, v: 2 });
  });

  it('leaves a newer version its number, so that its own steps are not taken twice', () => {
    const codec = createCodec<object>(shape, [(body) => body]);
    const { value } = codec.read({ v: 7, name: 'n', count: 4 });
    assert.partialDeepStrictEqual(JSON.parse(codec.write(value)), { v: 7, name: 'n' });
  });

  it('is not upset by an upgrade that the body is too odd for', () => {
    const codec = createCodec<object>(shape, [
      () => {
        throw new TypeError('odd');
      },
    ]);
    assert.partialDeepStrictEqual(codec.read({ name: 'n' }).value, { name: 'n' });
  });
});

describe('the stored bodies', () => {
  const delegation = createDelegation({
    id: 'deleg_00000001',
    sessionId: 's',
    depth: 1,
    mode: 'background',
    origin: 'agent',
    context: 'c',
    dispatchedAt: 1,
    tasks: [taskOf('a')],
  });

  it('come back as they were given', () => {
    const { children, ...body } = delegation;
    assert.deepEqual(delegationCodec.read(JSON.parse(delegationCodec.write(body))).value, body);
    for (const child of children) assert.deepEqual(childCodec.read(JSON.parse(childCodec.write(child))).value, child);
  });

  // M18
  it('keep what each request took, and what a summary hides', () => {
    const usage = { tokens: { input: 5, output: 1, cached: 0, estimated: true }, costUsd: null } as const;
    const entries: readonly SessionEntry[] = [
      { role: 'user', origin: 'correction', text: 'c' },
      { role: 'user', origin: 'summary', text: 's', keeps: 2, shown: 300, summary: 'of it', usage },
      { role: 'assistant', model: 'm', parts: [{ type: 'text', text: 't' }], usage: { ...usage, costUsd: 0.5 } },
    ];
    for (const entry of entries)
      assert.deepEqual(entryCodec.read(JSON.parse(entryCodec.write(entry))), { value: entry, isWhole: true });
    const { value } = entryCodec.read({ ...entries[2], usage: { tokens: { input: 'many' }, costUsd: -1 } });
    assert.deepEqual(value.role === 'assistant' && value.usage, {
      tokens: { input: 0, output: 0, cached: 0 },
      costUsd: null,
    });
  });

  it('have what they lack where there is no doubt about it', () => {
    const [child] = delegation.children;
    const { steer: _steer, ...progress } = child?.progress ?? assert.fail();
    const read = childCodec.read({ ...child, state: { status: 'running', startedAt: 1 }, progress });
    assert.deepEqual(read.value.progress.steer, []);
    assert.deepEqual(entryCodec.read({ role: 'assistant' }).value, { role: 'assistant', model: '', parts: [] });
  });

  it('know the cost of an older child as far as it is known', () => {
    const [child] = delegation.children;
    const { knownCostUsd: _known, ...progress } = child?.progress ?? assert.fail();
    const read = (costUsd: number | null) => childCodec.read({ ...child, progress: { ...progress, costUsd } }).value;
    assert.deepEqual([read(0.5).progress.knownCostUsd, read(null).progress.knownCostUsd], [0.5, 0]);
  });
});
