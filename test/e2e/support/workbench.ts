/**
 * A VS Code window with Fanout in it, driven as a person drives it. Nothing here sleeps: every step waits for what it needs
 * to see, at most `patience`, which is a net for a broken build and no measure of speed.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';
import { testResults } from '../../vscode/paths';
import { windowAddress, type Server } from '../../vscode/server';
import { makeShop } from './folders';
import { forgetAll, sharedBrowser, sharedServer, writeSettings } from './shared';

const patience = 30_000;

export interface WorkbenchOptions {
  /** User settings, on top of the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** True: VS Code's workspace trust is on, and a folder starts untrusted. Otherwise every folder is trusted. */
  readonly trust?: boolean;
  /** The folder to open; a fresh copy of the shop unless given, a window without a folder where null. */
  readonly folder?: string | null;
  /** Closed when the test is over, after the report on it where it failed. */
  readonly forOneTest?: boolean;
}

const open = new Set<Workbench>();
const ofOneTest = new Set<Workbench>();

/** The windows that are open now, for the report on a failed test. */
export const openWorkbenches: ReadonlySet<Workbench> = open;

/**
 * Opens a window that knows nothing of those before it, and waits until VS Code is up (the extension may not be active yet).
 * One window at a time: its settings are those of the server, and what the browser kept of others is deleted.
 */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const [server, browser] = await Promise.all([sharedServer(), sharedBrowser()]);
  const folder = options.folder === undefined ? await makeShop() : (options.folder ?? undefined);
  writeSettings(server, { ...options.settings, 'security.workspace.trust.enabled': options.trust ?? false });
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  await forgetAll(page, server);
  const workbench = new Workbench(page, server, folder);
  open.add(workbench);
  if (options.forOneTest === true) ofOneTest.add(workbench);
  await workbench.go();
  return workbench;
}

export async function closeThoseOfOneTest(): Promise<void> {
  await Promise.all([...ofOneTest].map((workbench) => workbench.close()));
}

export class Workbench {
  readonly page: Page;
  readonly server: Server;
  /** Absolute; undefined in a window without a folder. */
  readonly folder: string | undefined;
  /** Errors of the page's console so far. */
  readonly consoleErrors: string[] = [];

  constructor(page: Page, server: Server, folder: string | undefined) {
    this.page = page;
    this.server = server;
    this.folder = folder;
    page.on('console', (message) => {
      if (message.type() === 'error') this.consoleErrors.push(message.text());
    });
    page.on('pageerror', (error) => this.consoleErrors.push(String(error)));
  }

  /** Loads the address anew, as after a restart of the browser. */
  async go(): Promise<void> {
    await this.page.goto(windowAddress(this.server.port, this.folder));
    await this.ready();
  }

  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.command('Developer: Reload Window');
    await loaded;
    await this.ready();
  }

  private async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar [role=tab]').first().waitFor();
  }

  async close(): Promise<void> {
    open.delete(this);
    ofOneTest.delete(this);
    await this.page.close();
  }

  /** Clicks Fanout in the activity bar, unless its side bar is in front already, and waits until the chat is up. */
  async showFanout(): Promise<void> {
    const tab = this.page.getByRole('tab', { name: 'Fanout' }).first();
    await tab.waitFor();
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await this.messageBox().waitFor();
    // What hovers over the tab would hide a part of the side bar.
    await this.page.mouse.move(1000, 200);
  }

  /** The rows of the trees in the side bar that hold this text (of the row or of its accessible name). */
  rows(text?: string | RegExp): Locator {
    const rows = this.page.locator('.sidebar').getByRole('treeitem');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }

  /** Opens the context menu of what was found and picks the item of this name. */
  async pickFromMenu(target: Locator, item: string): Promise<void> {
    await target.click({ button: 'right' });
    // The accessible name has the item's key in it.
    const label = this.page.getByText(item, { exact: true });
    const entry = this.page.locator('.context-view').getByRole('menuitem').filter({ has: label });
    // A menu takes no mouse button released within 100 ms of its opening, so that the right click does not pick by itself.
    await entry.click({ delay: 200 });
    await entry.waitFor({ state: 'hidden' });
  }

  /** The names in the context menu of what was found, which is closed again. */
  async menuOf(target: Locator): Promise<string[]> {
    await target.click({ button: 'right' });
    const items = this.page.locator('.context-view').getByRole('menuitem');
    await items.first().waitFor();
    const names = await items.locator('.action-label').allTextContents();
    await this.page.keyboard.press('Escape');
    await items.first().waitFor({ state: 'hidden' });
    return names.filter((name) => name !== '');
  }

  /** Runs a command by its title in the command palette, as in `Fanout: Show Agents`. */
  async command(title: string): Promise<void> {
    await this.closeMenu();
    const option = this.page.locator('.quick-input-list').getByRole('option', { name: title }).first();
    // The palette closes when something takes the focus, as a chat does that was just opened and is loading: then a person
    // presses the key again, too.
    for (let tries = 3; ; tries--) {
      try {
        await this.page.keyboard.press('F1');
        await this.quickInput().fill(`>${title}`, { timeout: 5000 });
        await option.click({ timeout: 5000 });
        break;
      } catch (error) {
        if (tries === 0) throw error;
      }
    }
    await option.waitFor({ state: 'hidden' });
  }

  /** Fills the input box that has this in its title, ends it with Enter, and waits until it is gone. */
  async answerBox(title: string, answer: string): Promise<void> {
    const box = this.page.locator('.quick-input-title').filter({ hasText: title });
    await box.waitFor();
    await this.quickInput().fill(answer);
    await this.page.keyboard.press('Enter');
    await box.waitFor({ state: 'hidden' });
  }

  /** A menu that is still open would take the focus back from what is opened next. */
  private async closeMenu(): Promise<void> {
    const menu = this.page.locator('.context-view .monaco-menu').first();
    if (!(await menu.isVisible())) return;
    await this.page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
  }

  /** The text field of what VS Code shows at the top: command palette, quick pick or input box. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget input[type=text], .quick-input-widget input[type=password]').first();
  }

  /** An entry of the quick pick that is open. */
  quickPick(name: string | RegExp): Locator {
    return this.page.locator('.quick-input-list').getByRole('option', { name }).first();
  }

  /** Notifications (toasts) that hold this text. */
  notifications(text?: string | RegExp): Locator {
    const toasts = this.page.locator('.notifications-toasts .notification-list-item');
    return text === undefined ? toasts : toasts.filter({ hasText: text });
  }

  /** The inside of Fanout's chat, which waits for the view by itself; it stays valid over reloads. */
  chat(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready[src*=".fanout"]').frameLocator('iframe#active-frame');
  }

  /** The frame of the chat, for `evaluate`; not valid any more after a reload. */
  async chatFrame(): Promise<Frame> {
    const body = await this.chat().locator('body').elementHandle();
    const frame = await body.ownerFrame();
    if (!frame) throw new Error('The chat has no frame.');
    return frame;
  }

  /** The box into which the user writes. */
  messageBox(): Locator {
    return this.chat().getByRole('textbox', { name: 'Message' });
  }

  /** Writes into the chat and sends it with Enter. */
  async say(text: string): Promise<void> {
    await this.messageBox().fill(text);
    await this.messageBox().press('Enter');
  }

  /** The cards of delegations in the chat whose name (id, state, goal) holds this. */
  cards(name: string | RegExp = /^deleg_/): Locator {
    return this.chat().getByRole('article', { name });
  }

  /** The approvals in the chat whose name (agent and action) holds this. */
  approvals(name: string | RegExp): Locator {
    return this.chat().getByRole('region', { name: 'Approvals' }).getByRole('group', { name });
  }

  /** Picks a color theme by its name, as in `Light Modern`. */
  async setColorTheme(name: string): Promise<void> {
    await this.command('Preferences: Color Theme');
    await this.quickInput().fill(name);
    await this.quickPick(name).click();
    await this.quickInput().waitFor({ state: 'hidden' });
  }

  /** Writes test-results/<name>.png. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(testResults, { recursive: true });
    await this.page.screenshot({ path: path.join(testResults, `${name}.png`) });
  }
}
