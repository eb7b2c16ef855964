import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';

/** The last number of the specification's conformance list up to which each has a test that holds it. */
const last = 76;

const numbers = Array.from({ length: last }, (_, index) => `C${index + 1}`);

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
