/**
 * Starts VS Code's server on loopback with Fanout in it, and makes the addresses of its windows. For use by hand and for e2e
 * tests Fanout is installed as from a .vsix; for tests inside the extension host it is the extension under development.
 */
import { execa } from 'execa';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtInExtensions, serverMain } from './codeServer';
import { installFanout } from './installedFanout';
import { projectRoot } from './paths';
import { Problem } from './problem';
import { endGroup, endWithUs } from './processGroup';

/** Quiet and private: no AI of VS Code's own beside Fanout, no welcome page, nothing asked of the network. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'telemetry.telemetryLevel': 'off',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export interface ServerOptions {
  /** Where the server keeps settings, state and logs. */
  readonly dataFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** `development`: the windows run tests, driven by VS Code's smoke test driver, which shows no notifications. */
  readonly mode: 'installed' | 'development';
  /** False: every folder is trusted. */
  readonly workspaceTrust: boolean;
  /** How long an extension host outlives its window; VS Code's own choice (hours) unless given. */
  readonly graceSeconds?: number;
  /** The only ones of VS Code's own extensions that its windows have, by folder name; all of them unless given. */
  readonly builtIns?: readonly string[];
  /** Variables that the extension host sees besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Server {
  readonly port: number;
  readonly dataFolder: string;
  /** All that the server wrote to its output so far. */
  log(): string;
  /** Settles when the server is gone, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends the server and all of its processes; safe to call twice. */
  stop(): Promise<void>;
}

export function userSettingsFile(dataFolder: string): string {
  return path.join(dataFolder, 'data', 'User', 'settings.json');
}

export function writeUserSettings(dataFolder: string, settings: Readonly<Record<string, unknown>>): void {
  const file = userSettingsFile(dataFolder);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(settings, null, 2));
}

/** Variables of npm's and of a VS Code around us would change what the server does. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|vscode_|electron_|node_options|init_cwd)/i.test(name),
  );
  return Object.fromEntries(entries);
}

function serverArguments({ port, dataFolder, mode, workspaceTrust, graceSeconds, builtIns }: ServerOptions): string[] {
  const args = ['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'];
  args.push('--accept-server-license-terms', '--server-data-dir', dataFolder, '--telemetry-level', 'off');
  // Without the driver the server ignores the `payload` of a test window.
  if (mode === 'development') args.push('--enable-smoke-test-driver');
  if (graceSeconds !== undefined) args.push('--reconnection-grace-time', String(graceSeconds));
  if (builtIns !== undefined) args.push('--builtin-extensions-dir', linkBuiltIns(dataFolder, builtIns));
  if (!workspaceTrust) args.push('--disable-workspace-trust');
  return args;
}

/** A folder with links to these of VS Code's own extensions. */
function linkBuiltIns(dataFolder: string, names: readonly string[]): string {
  const folder = path.join(dataFolder, 'built-in');
  mkdirSync(folder);
  for (const name of names) symlinkSync(path.join(builtInExtensions, name), path.join(folder, name), 'junction');
  return folder;
}

/** Resolves when the server listens. Throws a `Problem` with its output where it ends before that. */
export async function startServer(options: ServerOptions): Promise<Server> {
  if (options.mode === 'installed') installFanout(path.join(options.dataFolder, 'extensions'));
  const child = execa(process.execPath, [serverMain, ...serverArguments(options)], {
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    detached: true, // a group of its own, which Ctrl-C does not reach and endGroup ends
    cleanup: false,
    extendEnv: false,
    env: { ...cleanEnvironment(), ...options.env },
  });
  const release = child.pid === undefined ? undefined : endWithUs(child.pid);
  let log = '';
  const listening = new Promise<number>((resolve) => {
    child.all.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const port = /Extension host agent listening on (\d+)/.exec(log)?.[1];
      if (port) resolve(Number(port));
    });
  });
  const ended = child.then(() => release?.());
  const port = await Promise.race([listening, ended]);
  if (port === undefined) throw new Problem(`VS Code's server ended before it listened:\n${log}`);
  return {
    port,
    dataFolder: options.dataFolder,
    log: () => log,
    ended,
    stop: async () => {
      if (child.pid !== undefined) await endGroup(child.pid);
      await ended;
    },
  };
}

/** The address of a window on a folder, or on none. */
export function windowAddress(port: number, folder: string | undefined): string {
  const query =
    folder === undefined ? 'ew=true' : `folder=${encodeURIComponent(uriPath(folder)).replaceAll('%2F', '/')}`;
  return `http://localhost:${port}/?${query}`;
}

/** The address of a window that runs a compiled test suite in its extension host; for a server in development mode. */
export function testWindowAddress(port: number, folder: string, testsPath: string): string {
  const remote = (file: string) => `vscode-remote://localhost:${port}${uriPath(file)}`;
  const payload = [
    ['extensionDevelopmentPath', remote(projectRoot)],
    ['extensionTestsPath', remote(testsPath)],
    ['skipWelcome', 'true'],
  ];
  return `${windowAddress(port, folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

/** The path of a file's URI: `/C:/a` for `C:\a`. */
function uriPath(file: string): string {
  return decodeURIComponent(pathToFileURL(file).pathname);
}
