import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Holds a text to the file of this name in test/golden. A missing file fails; with UPDATE_GOLDEN=1 in the environment
 * the files are written instead, and their changes are read in the diff.
 */
export function matchesGolden(name: string, text: string): void {
  const file = path.resolve('test/golden', name);
  if (process.env['UPDATE_GOLDEN'] === '1') return writeFileSync(file, `${text}\n`);
  assert.ok(existsSync(file), `test/golden/${name} is missing; UPDATE_GOLDEN=1 writes it.`);
  assert.equal(`${text}\n`, readFileSync(file, 'utf8'));
}
