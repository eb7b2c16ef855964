import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { build } from '../vscode/build';
import { makeFolder } from './support/folders';

const vsce = (...args: string[]) =>
  execa('vsce', [...args, '--no-dependencies'], { preferLocal: true, stdin: 'ignore' });

/** All that belongs into the package. */
const belongs = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^media\/[\w-]+\.(svg|png|gif)$/,
  /^dist\/(webview\/)?THIRD-PARTY-NOTICES\.txt$/,
  /^dist\/extension\.mjs$/,
  /^dist\/chunks\/[\w-]+\.mjs$/,
  /^dist\/webview\/[\w-]+\.(js|css|ttf)$/,
];

const needed = [
  'package.json',
  'README.md',
  'LICENSE',
  'dist/extension.mjs',
  'dist/THIRD-PARTY-NOTICES.txt',
  'dist/webview/main.js',
  'dist/webview/THIRD-PARTY-NOTICES.txt',
  'dist/webview/main.css',
];

describe('the package', () => {
  let file: string;

  before(async () => {
    file = path.join(await makeFolder(), 'fanout.vsix');
    await vsce('package', '--no-rewrite-relative-links', '--out', file);
  });

  // Packaging leaves the minified build behind.
  after(() => build('Fanout', 'extension', 'webview'));

  it('has under 2 MB', async () => {
    const { size } = await stat(file);
    assert.ok(size < 2_000_000, `${size} bytes`);
  });

  it('holds what it needs, and nothing that does not belong', async () => {
    const files = (await vsce('ls')).stdout.split('\n');
    assert.deepEqual(
      needed.filter((name) => !files.includes(name)),
      [],
    );
    assert.deepEqual(
      files.filter((name) => !belongs.some((pattern) => pattern.test(name))),
      [],
    );
  });
});
