import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { Problem } from './problem';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

const macPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

function places(): string[] {
  if (process.platform === 'darwin') return macPlaces;
  if (process.platform === 'win32') {
    return ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData']
      .flatMap((name) => process.env[name] ?? [])
      .flatMap((folder) => [
        path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        path.join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
      ]);
  }
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}

/** The system's Chromium, Chrome or Edge; `$CHROME` wins. Throws a `Problem` where there is none. */
export function findBrowser(): string {
  const chosen = process.env['CHROME'];
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Problem(`The environment variable CHROME names ${chosen}, which does not exist.`);
  }
  const found = places().find((file) => existsSync(file));
  if (found) return found;
  throw new Problem(
    'No Chromium or Chrome was found. Install one (on Debian: apt-get install chromium), or name it in the environment variable CHROME.',
  );
}

const args = [
  '--no-sandbox', // root has none
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage', // containers give /dev/shm 64 MB
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args });
}

/**
 * A browser whose pages are of one user, with a fresh profile on disk. VS Code's script of 19 MB is then read and compiled
 * once for all windows of a server: the cache takes files of that size only when it is large, and what one window compiled
 * serves the next one in the same process.
 */
export function launchProfile(): Promise<BrowserContext> {
  return chromium.launchPersistentContext('', {
    executablePath: findBrowser(),
    args: [...args, '--disk-cache-size=1000000000', '--process-per-site'],
    viewport: { width: 1400, height: 900 },
  });
}
