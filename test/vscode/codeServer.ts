/**
 * Installs VS Code's server from the npm registry: the package `code-server` holds a whole VS Code (server, extension host
 * and workbench). Nothing is compiled: without its native modules the server works, once its log writer is replaced.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot, vscodeHome } from './paths';
import { Problem } from './problem';

const version = '4.139.1'; // VS Code 1.139.1

const packageFolder = path.join(vscodeHome, 'node_modules', 'code-server');
const vscodeFolder = path.join(packageFolder, 'lib', 'vscode');

/** What Node 24 runs to start the server. */
export const serverMain = path.join(vscodeFolder, 'out', 'server-main.js');

const logWriter = path.join(projectRoot, 'test', 'vscode', 'spdlog.cjs');

/** VS Code's own extensions, a folder for each. */
export const builtInExtensions = path.join(vscodeFolder, 'extensions');

/** npm writes this file last, so its presence says that an install was not cut short. */
const isComplete = (folder: string) => existsSync(path.join(folder, 'node_modules', '.package-lock.json'));

function hasVersion(): boolean {
  const manifest = path.join(packageFolder, 'package.json');
  if (!isComplete(vscodeHome) || !existsSync(manifest)) return false;
  const { version: installed } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return installed === version;
}

/** Installs what is missing, telling so on stderr. Throws a `Problem` where the registry does not answer. */
export async function installCodeServer(): Promise<void> {
  if (!hasVersion()) {
    console.error(`Installing VS Code's server (code-server ${version}, about 600 MB) into .vscode-test ...`);
    mkdirSync(vscodeHome, { recursive: true });
    // A package.json of its own, or npm would take the project's.
    writeFileSync(path.join(vscodeHome, 'package.json'), '{ "private": true }\n');
    await install(vscodeHome, [`code-server@${version}`]);
  }
  if (!isComplete(vscodeFolder)) await install(vscodeFolder, ['--omit=dev']);
  // TypeScript's own diagnostics in the editor, and so in `get_problems`.
  if (!isComplete(builtInExtensions)) await install(builtInExtensions, ['--omit=dev']);
  copyFileSync(logWriter, path.join(vscodeFolder, 'node_modules', '@vscode', 'spdlog', 'index.js'));
}

async function install(cwd: string, args: readonly string[]): Promise<void> {
  const command = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args];
  const cli = process.env['npm_execpath'];
  const child = cli
    ? spawn(process.execPath, [cli, ...command], { cwd, stdio: ['ignore', 2, 2] })
    : spawn('npm', command, { cwd, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) {
    throw new Problem("VS Code's server could not be installed (see above). Is the npm registry reachable?");
  }
}
