import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import vm from 'node:vm';
import * as fc from 'fast-check';
import { fit, readOutputSchema, schemaProblem, withoutJson } from '../../../src/delegation/outputSchema';

const BUGS = {
  type: 'object',
  properties: { bugs: { type: 'array', items: { type: 'string' } } },
  required: ['bugs'],
};
const VALUE = { bugs: ['cart.ts:4'] };
const JSON_TEXT = JSON.stringify(VALUE);

/** Levels of arrays, as JSON. */
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('an output schema', () => {
  for (const [what, given, problem] of [
    ['a list', [], /must be a JSON schema/],
    ['a number', 7, /must be a JSON schema/],
    ['text that is no JSON', 'a list of bugs', /must be a JSON schema/],
    ['one that is too long', { description: 'x'.repeat(30_000) }, /has 30018 characters, the limit is 20000/],
    ['one that is nested too deep', JSON.parse(`{"not":${nested(80)}}`), /nested in more than 64 levels/],
  ] as const)
    it(`C66 is refused at once: ${what}`, () => {
      const read = readOutputSchema(given);
      assert.match('problem' in read ? read.problem : '', problem);
    });

  it('may come as JSON text', () => {
    assert.deepEqual(readOutputSchema(JSON.stringify(BUGS)), { schema: BUGS });
  });

  for (const [what, schema, problem] of [
    ['a type that there is not', { type: 'text' }, /type/],
    ['required that is no list', { required: 'bugs' }, /required/],
    ['a pattern that is none', { properties: { a: { pattern: '(' } } }, /regular expression/i],
    ['a reference to nothing', { $ref: '#/$defs/none' }, /resolve|reference/],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema.json' }, /resolve|reference/],
  ] as const)
    it(`C66 cannot be used: ${what}`, async () => assert.match((await schemaProblem(schema)) ?? '', problem));

  for (const [what, schema] of [
    ['a plain one', BUGS],
    ['of a newer draft', { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'bugs', ...BUGS }],
    ['with words that nobody knows', { ...BUGS, 'x-order': 1, format: 'bug-list' }],
    ['with references of its own', { $defs: { bug: { type: 'string' } }, items: { $ref: '#/$defs/bug' } }],
  ] as const)
    it(`C66 can be used, and more than once: ${what}`, async () => {
      for (let i = 0; i < 2; i++) assert.equal(await schemaProblem(schema), undefined);
    });
});

describe('an answer that is held to a schema', () => {
  for (const [what, answer] of [
    ['all of it is the value', JSON_TEXT],
    ['in a fence', `I found one.\n\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\nThat is all.`],
    ['in a fence without a name', `\`\`\`\n${JSON_TEXT}\n\`\`\``],
    ['in a fence of tildes', `~~~json\n${JSON_TEXT}\n~~~`],
    ['in the last of several fences', `\`\`\`json\n{"draft": 1}\n\`\`\`\nand\n\`\`\`json\n${JSON_TEXT}\n\`\`\``],
    ['in one of several fences', `\`\`\`json\n${JSON_TEXT}\n\`\`\`\nmade by\n\`\`\`json\n{"command": "x"}\n\`\`\``],
    ['between words', `Here it is: ${JSON_TEXT} Done.`],
  ] as const)
    it(`C66 gives the value: ${what}`, async () => assert.deepEqual(await fit(answer, BUGS), { structured: VALUE }));

  for (const [what, answer, problem] of [
    ['there is none', 'I found one.', /no JSON/],
    ['it is broken', '```json\n{"bugs": [\n```', /no JSON/],
    ['something is missing', '{}', /must have required property 'bugs'/],
    ['something is of another type', '{"bugs": [1]}', /\/bugs\/0 must be string/],
    ['it is too long', 'x'.repeat(200_001), /has 200001 characters/],
    ['it is nested too deep', nested(50_000), /nested in more than 64 levels/],
  ] as const)
    it(`C66 says what does not fit: ${what}`, async () => {
      const fitted = await fit(answer, BUGS);
      assert.match('problem' in fitted ? fitted.problem : '', problem);
    });

  it('C66 is given up where the schema takes too long: a pattern, or references that double', async () => {
    const pattern = { properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`d${i}`, { allOf: [1, 2].map(() => ({ $ref: `#/$defs/d${i + 1}` })) }]),
    );
    const laughs = { $defs: { ...doubling, d40: { type: 'object' } }, $ref: '#/$defs/d0' };
    for (const schema of [pattern, laughs]) {
      const fitted = await fit(JSON.stringify({ a: `${'a'.repeat(40)}!` }), schema);
      assert.match('problem' in fitted ? fitted.problem : '', /takes too long/);
    }
  });

  it('C66 is given up by one deadline, however many blocks an answer has', async () => {
    const bounded = mock.method(vm, 'runInNewContext');
    syncBuiltinESMExports();
    try {
      const blocks = Array.from({ length: 9 }, (_, i) => `\`\`\`json\n{"draft": ${i}}\n\`\`\``);
      assert.ok('problem' in (await fit(blocks.join('\n'), BUGS)));
      assert.equal(bounded.mock.callCount(), 2, 'one for the schema, one for all values');
    } finally {
      bounded.mock.restore();
      syncBuiltinESMExports();
    }
  });

  it('never throws, and what it gives is in the answer', async () => {
    const schema = { type: 'object', required: ['a'] };
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue()),
        async (text, value) => {
          const fitted = await fit(`${text}\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\``, schema);
          if ('structured' in fitted) assert.ok(typeof fitted.structured === 'object');
          else assert.notEqual(fitted.problem, '');
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is told without the value in it', () => {
    const answer = `One.\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\nDone.`;
    assert.equal(withoutJson(answer, VALUE, '(it)'), 'One.\n(it)Done.');
    assert.equal(withoutJson(JSON_TEXT, VALUE, '(it)'), '(it)');
    assert.equal(withoutJson('No value.', VALUE, '(it)'), 'No value.');
  });
});
