import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as z from 'zod';
import { parseKindly } from '../../../src/agent/kindInput';

const Input = z.object({
  path: z.string(),
  limit: z.int().min(1).optional(),
  isRegex: z.boolean().optional(),
  globs: z.array(z.string()).optional(),
  edits: z.array(z.object({ search: z.string(), all: z.boolean().optional() })).optional(),
});

const read = (input: unknown) => parseKindly(Input, input).data;

// M5: arguments that are not of the type that they should be
describe('the arguments of a tool', () => {
  for (const [what, input, meant] of [
    ['null for what is not given', { path: 'a', limit: null, edits: null }, { path: 'a' }],
    [
      'numbers and truth values as text',
      { path: 'a', limit: '3', isRegex: 'True' },
      { path: 'a', limit: 3, isRegex: true },
    ],
    ['a number for a name', { path: 7 }, { path: '7' }],
    ['one item for a list', { path: 'a', globs: '*.ts' }, { path: 'a', globs: ['*.ts'] }],
    ['a list as text', { path: 'a', globs: '["*.ts","*.js"]' }, { path: 'a', globs: ['*.ts', '*.js'] }],
    [
      'a list of objects as text, in which more is to be mended',
      { path: 'a', edits: '[{"search":"x","all":"false"},{"search":"y","all":null}]' },
      { path: 'a', edits: [{ search: 'x', all: false }, { search: 'y' }] },
    ],
    ['the arguments within the arguments', { arguments: { path: 'a' } }, { path: 'a' }],
    ['the same as text', { parameters: '{"path":"a","limit":"2"}' }, { path: 'a', limit: 2 }],
  ] as const) {
    it(`are taken for what they mean: ${what}`, () => assert.deepEqual(read(input), meant));
  }

  for (const input of [
    { path: null },
    { path: 'a', limit: 'three' },
    { path: 'a', limit: '0' },
    { path: { of: 'a file' } },
    { path: 'a', edits: '[{"search":' },
    { arguments: 'path' },
    'a',
    null,
    undefined,
  ]) {
    it(`are refused with the words for what came: ${JSON.stringify(input)}`, () => {
      const { error } = parseKindly(Input, input);
      assert.deepEqual(error?.issues, Input.safeParse(input).error?.issues);
    });
  }

  it('that are valid stay as they are, and no others throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (path, edits) => {
        const input = { path, edits };
        const strict = Input.safeParse(input);
        const kind = parseKindly(Input, input);
        if (strict.success) assert.deepEqual(kind.data, strict.data);
      }),
    );
  });
});
