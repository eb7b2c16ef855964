/**
 * `npm start [-- --port N --folder DIR --data DIR]`: VS Code in the browser with Fanout in it, until Ctrl-C. Without a folder
 * it opens a sample shop, trusted; a folder of yours keeps VS Code's workspace trust.
 */
import { execa } from 'execa';
import { cpSync, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../vscode/build';
import { installCodeServer } from '../vscode/codeServer';
import { projectRoot, vscodeHome } from '../vscode/paths';
import { Problem, runScript } from '../vscode/problem';
import { quietSettings, startServer, userSettingsFile, windowAddress, writeUserSettings } from '../vscode/server';

const defaultPort = 8000;

interface Options {
  readonly port: number;
  readonly folder: string | undefined;
  readonly data: string;
}

function readOptions(): Options {
  let values;
  try {
    ({ values } = parseArgs({
      options: { port: { type: 'string' }, folder: { type: 'string' }, data: { type: 'string' } },
    }));
  } catch (error) {
    throw new Problem(
      `${(error as Error).message.replace(/\.?$/, '.')} The options are --port N, --folder DIR and --data DIR.`,
    );
  }
  const port = Number(values.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Problem(`--port ${values.port} is no port; give a number from 1 to 65535.`);
  }
  const fromUser = (folder: string) => path.resolve(process.env['INIT_CWD'] ?? '.', folder);
  const folder = values.folder === undefined ? undefined : fromUser(values.folder);
  if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem(`The folder ${folder} does not exist.`);
  }
  return { port, folder, data: values.data ? fromUser(values.data) : path.join(vscodeHome, 'start') };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** The wanted port, or the default one, or 0 (any) where the default one is taken. */
async function choosePort(wanted: number): Promise<number> {
  if (await isFree(wanted || defaultPort)) return wanted || defaultPort;
  if (wanted) throw new Problem(`Port ${wanted} is taken by another program; choose another with --port.`);
  console.error(
    `Port ${defaultPort} is taken; taking another. Sessions belong to an address, so those of before are not shown.`,
  );
  return 0;
}

/** The sample is copied once, so that what was changed in it is there the next time. */
async function sampleFolder(data: string): Promise<string> {
  const folder = path.join(data, 'shop');
  if (existsSync(folder)) return folder;
  cpSync(path.join(projectRoot, 'test', 'fixtures', 'shop'), folder, { recursive: true });
  const git = (...args: string[]) => execa('git', args, { cwd: folder, reject: false });
  const author = ['-c', 'user.name=Shop', '-c', 'user.email=shop@example.com'];
  await git('init', '--quiet');
  await git('add', '--all');
  await git(...author, 'commit', '--quiet', '--message', 'A small shop');
  return folder;
}

/** Ctrl-C, a kill, and the end of the process that started this one. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    process.on('disconnect', () => resolve());
  });
}

async function start(): Promise<void> {
  const options = readOptions();
  const port = await choosePort(options.port);
  await installCodeServer();
  await build('Fanout', 'extension', 'webview');
  const folder = options.folder ?? (await sampleFolder(options.data));
  if (!existsSync(userSettingsFile(options.data))) writeUserSettings(options.data, quietSettings);
  const stopped = untilStopped();
  const server = await startServer({
    dataFolder: options.data,
    port,
    mode: 'installed',
    workspaceTrust: options.folder !== undefined,
  });
  console.log('\nVS Code with Fanout is at this address (Ctrl-C ends it):\n');
  console.log(windowAddress(server.port, folder));
  const over = await Promise.race([stopped.then(() => 'stopped'), server.ended.then(() => 'ended')]);
  await server.stop();
  process.removeAllListeners('disconnect');
  if (over === 'ended')
    throw new Problem(`VS Code's server ended by itself. Its last words:\n${server.log().slice(-2000)}`);
}

await runScript(start);
