import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Esbuild from 'esbuild';
import type { BuildOptions, Metafile } from 'esbuild';

const require = createRequire(path.resolve('package.json'));

/** All that is loaded from disk and run before `activate` is called: what the built extension imports but on use. */
async function loadedFirst(): Promise<{ readonly bytes: number; readonly files: readonly string[] }> {
  const esbuild = require('esbuild') as typeof Esbuild;
  const { targets } = require(path.resolve('esbuild.js')) as { targets: { extension(): BuildOptions } };
  const options = { ...targets.extension(), minify: true, sourcemap: false, write: false, metafile: true } as const;
  const { outputs } = (await esbuild.build(options)).metafile;
  const entry = Object.values(outputs).find(({ entryPoint }) => entryPoint === 'src/extension.ts');
  assert.ok(entry);
  const chunks = new Set([entry]);
  for (const chunk of chunks) for (const next of importedBy(chunk, outputs)) chunks.add(next);
  const parts = [...chunks].flatMap(({ inputs }) => Object.entries(inputs));
  return {
    bytes: [...chunks].reduce((sum, { bytes }) => sum + bytes, 0),
    files: parts.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file),
  };
}

function importedBy({ imports }: Metafile['outputs'][string], outputs: Metafile['outputs']) {
  return imports.flatMap(({ kind, path: file }) => (kind === 'import-statement' ? (outputs[file] ?? []) : []));
}

describe('Activation', () => {
  // X17
  it('loads no package that only some use of Fanout needs, and no more than it did', async () => {
    const { bytes, files } = await loadedFirst();
    const packages = new Set(files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'fanout'));
    assert.deepEqual([...packages].sort(), ['fanout', 'p-limit', 'tokenx', 'yocto-queue', 'zod']);
    assert.ok(bytes < 520_000, `${bytes} bytes`);
    // The part of zod that nobody but the vendors' packages asks for.
    assert.ok(!files.some((file) => /from-json-schema|core\/compile/.test(file)));
  });
});
