/** The one server and the one browser of all suites of a run: a start of either costs as much as a short test. */
import type { BrowserContext, Page } from 'playwright-core';
import { launchProfile } from '../../vscode/browser';
import { quietSettings, startServer, writeUserSettings, type Server } from '../../vscode/server';
import { makeFolder } from './folders';

/**
 * The themes, the languages of what is opened, and those that VS Code would otherwise look for in the browser's own extension
 * host, in vain. All others only take time in every window.
 */
const builtIns = [
  ...['theme-defaults', 'theme-seti', 'json', 'log', 'markdown-basics'],
  ...['emmet', 'extension-editing', 'git-base', 'github-authentication', 'markdown-language-features'],
  ...['configuration-editing', 'json-language-features', 'merge-conflict', 'npm'],
];

let server: Promise<Server> | undefined;
let browser: Promise<BrowserContext> | undefined;

export function sharedServer(): Promise<Server> {
  server ??= startOne();
  return server;
}

async function startOne(): Promise<Server> {
  const dataFolder = await makeFolder({}, 'server');
  // Trust is left to the settings of each window.
  return startServer({ dataFolder, port: 0, mode: 'installed', workspaceTrust: true, graceSeconds: 10, builtIns });
}

export function sharedBrowser(): Promise<BrowserContext> {
  browser ??= launchOne();
  return browser;
}

async function launchOne(): Promise<BrowserContext> {
  const context = await launchProfile();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  return context;
}

/** The user's settings in the server's next window. */
export function writeSettings(server: Server, settings: Readonly<Record<string, unknown>>): void {
  writeUserSettings(server.dataFolder, { ...quietSettings, ...settings });
}

/** Deletes what the browser keeps for windows of this server: VS Code's state of the user and of each folder, and secrets. */
export async function forgetAll(page: Page, { port }: Server): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const kept = ['cookies', 'file_systems', 'indexeddb', 'local_storage', 'service_workers', 'cache_storage'];
  const storageTypes = kept.join(',');
  await session.send('Storage.clearDataForOrigin', { origin: `http://localhost:${port}`, storageTypes });
  await session.detach();
}

export async function stopAll(): Promise<void> {
  const [running, opened] = await Promise.allSettled([server, browser]);
  server = undefined;
  browser = undefined;
  if (opened.status === 'fulfilled') await opened.value?.close();
  if (running.status === 'fulfilled') await running.value?.stop();
}
