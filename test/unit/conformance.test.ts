import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';

/** The numbers of the specification's conformance list that a test must hold: first and last. */
const held = [
  [1, 58],
  [65, 67],
] as const;

const numbers = held.flatMap(([first, last]) =>
  Array.from({ length: last - first + 1 }, (_, index) => `C${first + index}`),
);

/** The name of a test or of a group of tests, in whichever quotes. */
const title = /\b(?:it|describe)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;

const titles = globSync('test/{unit,host,e2e}/**/*.test.{ts,tsx}').flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(title)].map((match) => match[2] ?? ''),
);

describe('the conformance list', () => {
  for (const number of numbers) {
    it(`has a test named ${number}`, () => {
      const named = new RegExp(`\\b${number}\\b`);
      assert.ok(
        titles.some((name) => named.test(name)),
        `no test has ${number} in its name`,
      );
    });
  }
});
