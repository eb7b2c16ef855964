/**
 * Puts the built extension where VS Code's server keeps installed ones. Loaded as under development it would run beside a test
 * driver, which VS Code shows no notifications and no question of trust with.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { projectRoot } from './paths';

const Manifest = z.object({ publisher: z.string(), name: z.string(), version: z.string() });

/** What a .vsix of Fanout holds, and the source map. */
const parts = [
  'package.json',
  'README.md',
  'LICENSE',
  'media',
  'dist/extension.mjs',
  'dist/extension.mjs.map',
  'dist/chunks',
  'dist/webview',
];

/** A copy and no link: the extension's files must lie in its folder, and Uninstall in the window deletes that folder. */
export function installFanout(extensionsFolder: string): void {
  const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')));
  const id = `${manifest.publisher}.${manifest.name}`;
  const folderName = `${id}-${manifest.version}`;
  const folder = path.join(extensionsFolder, folderName);
  rmSync(extensionsFolder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of parts) {
    const from = path.join(projectRoot, part);
    if (existsSync(from)) cpSync(from, path.join(folder, part), { recursive: true });
  }
  const entry = { identifier: { id }, version: manifest.version, relativeLocation: folderName };
  const location = { $mid: 1, scheme: 'file', path: folder };
  writeFileSync(path.join(extensionsFolder, 'extensions.json'), JSON.stringify([{ ...entry, location }]));
}
