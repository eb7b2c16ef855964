/** The servers and the one browser that all suites of a run share: a suite with settings of its own gets its own server. */
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../vscode/browser';
import { quietSettings, startServer, writeUserSettings, type Server } from '../../vscode/server';
import { makeFolder } from './folders';

export interface ServerNeeds {
  /** User settings, on top of the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Environment of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** True: VS Code's workspace trust is on, and a folder starts untrusted. Otherwise every folder is trusted. */
  readonly trust?: boolean;
}

const servers = new Map<string, Promise<Server>>();
let browser: Promise<Browser> | undefined;

export function sharedBrowser(): Promise<Browser> {
  browser ??= launchBrowser();
  return browser;
}

/** One server for all who need the same. */
export function serverFor(needs: ServerNeeds): Promise<Server> {
  const key = JSON.stringify([needs.settings ?? {}, needs.env ?? {}, needs.trust ?? false]);
  const server = servers.get(key) ?? start(needs);
  servers.set(key, server);
  return server;
}

async function start({ settings = {}, env = {}, trust = false }: ServerNeeds): Promise<Server> {
  const dataFolder = await makeFolder({}, 'server');
  writeUserSettings(dataFolder, { ...quietSettings, ...settings });
  return startServer({ dataFolder, port: 0, mode: 'installed', workspaceTrust: trust, graceSeconds: 10, env });
}

export async function stopAll(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
  const running = await Promise.allSettled(servers.values());
  servers.clear();
  await Promise.all(running.flatMap((server) => (server.status === 'fulfilled' ? [server.value.stop()] : [])));
}
