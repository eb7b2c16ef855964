import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { ToHost, ToView } from '../../src/protocol';

const TYPES: Readonly<Record<string, string>> = { '.css': 'text/css', '.js': 'text/javascript', '.ttf': 'font/ttf' };

/** As strict as the page that the extension makes: a view that breaks the policy fails here too. */
const POLICY =
  "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' https: data:; script-src 'nonce-fake' 'self'";

const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="stylesheet" href="/main.css"></head>
<body class="vscode-dark"><div id="app"></div><script nonce="fake">
  window.posted = [];
  const saved = sessionStorage.getItem('state');
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.posted.push(structuredClone(message)),
    getState: () => saved === null ? undefined : JSON.parse(saved),
    setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
  });
</script><script nonce="fake" src="/main.js"></script></body></html>`;

/** The built chat view in a browser, with the test in the host's place. */
export class ChatPage {
  readonly page: Page;
  /** What the page complained of: errors, and what its security policy refused. */
  readonly complaints: string[];
  readonly #close: () => Promise<void>;
  #seq = 0;

  private constructor(page: Page, complaints: string[], close: () => Promise<void>) {
    this.page = page;
    this.complaints = complaints;
    this.#close = close;
  }

  static async open(browser: Browser): Promise<ChatPage> {
    const { address, stop } = await serve(path.resolve('dist/webview'));
    const context = await browser.newContext({ viewport: { width: 420, height: 700 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(address);
    return new ChatPage(page, complaints, async () => {
      await context.close();
      await stop();
    });
  }

  /** Sends what needs no number. */
  async tell(message: Exclude<ToView, { seq: number }>): Promise<void> {
    await this.#post(message);
  }

  async snapshot(snapshot: Extract<ToView, { type: 'snapshot' }>['snapshot']): Promise<void> {
    await this.#post({ type: 'snapshot', seq: ++this.#seq, snapshot });
  }

  async change(...changes: Extract<ToView, { type: 'delta' }>['changes']): Promise<void> {
    await this.#post({ type: 'delta', seq: ++this.#seq, changes });
  }

  /** What an expression on the conversation's scrolling element (`e`) says. */
  scrolled(expression: string): Promise<number> {
    return this.page.evaluate<number>(
      `(() => { const e = document.querySelector('.scroller'); return e.${expression}; })()`,
    );
  }

  async scrollTo(top: number): Promise<void> {
    await this.scrolled(`scrollTo({ top: ${top}, behavior: 'instant' })`);
  }

  distanceToEnd(): Promise<number> {
    return this.scrolled('scrollHeight - e.clientHeight - e.scrollTop');
  }

  /** Loses a delta on its way. */
  lose(): void {
    this.#seq++;
  }

  /** What the view has posted so far, without the names that it makes up for what was typed. */
  async posted(): Promise<ToHost[]> {
    return this.page.evaluate<ToHost[]>('window.posted.map(({ typedId, ...message }) => message)');
  }

  /** Waits until the view has posted a message of this kind, and returns the last one. */
  async awaitPosted<T extends ToHost['type']>(type: T): Promise<Extract<ToHost, { type: T }>> {
    await this.until(`window.posted.some((message) => message.type === ${JSON.stringify(type)})`);
    const found = (await this.posted()).findLast((message) => message.type === type);
    return found as Extract<ToHost, { type: T }>;
  }

  /**
   * Waits for an expression to hold in the page (Playwright's own way is refused by the page's policy). Asked from here,
   * once a round trip: a browser that has nothing to paint stops giving frames to whoever waits for them in the page.
   */
  async until(condition: string): Promise<void> {
    while (!(await this.page.evaluate<boolean>(`Boolean(${condition})`)));
  }

  async close(): Promise<void> {
    await this.#close();
  }

  /** Returns when the view has drawn what the message brought. */
  async #post(message: ToView): Promise<void> {
    await this.page.evaluate(
      `new Promise((done) => {
        const frames = (left) => (left === 0 ? done() : requestAnimationFrame(() => frames(left - 1)));
        // The view listened first, so it has the message by now.
        addEventListener('message', () => frames(3), { once: true });
        window.postMessage(${JSON.stringify(message)}, '*');
      })`,
    );
  }
}

async function serve(folder: string): Promise<{ address: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const name = path.basename(new URL(request.url ?? '/', 'http://page').pathname);
    if (name === '') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY }).end(HTML);
      return;
    }
    readFile(path.join(folder, name)).then(
      (content) => response.writeHead(200, { 'content-type': TYPES[path.extname(name)] ?? '' }).end(content),
      () => response.writeHead(name === 'favicon.ico' ? 204 : 404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
  };
  return { address: `http://127.0.0.1:${port}/`, stop };
}
