import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { makeFolder } from './support/folders';
import { sharedBrowser } from './support/shared';

interface Start {
  readonly process: ChildProcess;
  /** All that was printed, on both streams, once the process is over. */
  readonly output: Promise<string>;
  /** The address that was printed; rejects where the process ends without one. */
  readonly address: Promise<string>;
}

/** `npm start` without npm and bootstrap.mjs, which have run already. */
function start(...args: string[]): Start {
  const child = spawn(process.execPath, [path.join('dist', 'run', 'start.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const over = once(child, 'close');
  const address = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const found = /^(http:\S+)\n/m.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
    void over.then(() => reject(new Error(`npm start gave no address:\n${text}`)));
  });
  address.catch(() => undefined); // whoever waits for it hears of it
  return { process: child, output: over.then(() => text.trim()), address };
}

/** What a start that cannot work says, after a failed exit. */
async function complaint(...args: string[]): Promise<string> {
  const { process: child, output } = start(...args);
  const text = await output;
  assert.equal(child.exitCode, 1);
  return text;
}

describe('npm start', () => {
  it('prints the address of a VS Code with Fanout and the sample in it, and ends whole on Ctrl-C', async () => {
    const started = start('--data', await makeFolder());
    const address = await started.address;
    const page = await (await sharedBrowser()).newPage();
    await page.goto(address);
    await page.getByRole('treeitem', { name: 'AGENTS.md' }).waitFor();
    await page.getByRole('tab', { name: 'Fanout' }).first().click();
    await page.locator('.sidebar').getByText('Delegations').first().waitFor();
    await page.close();
    started.process.kill('SIGINT');
    await started.output;
    assert.equal(started.process.exitCode, 0);
    await assert.rejects(fetch(address), 'the server is gone');
  });

  it('says that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const text = await complaint('--port', String(port));
    server.close();
    assert.equal(text, `Port ${port} is taken by another program; choose another with --port.`);
  });

  it('says that a folder does not exist', async () => {
    assert.match(await complaint('--folder', '/no/such/folder'), /^The folder .*folder does not exist\.$/);
  });

  it('says that a port is no number', async () => {
    assert.equal(await complaint('--port', 'http'), '--port http is no port; give a number from 1 to 65535.');
  });

  it('names its options when it is given another', async () => {
    assert.match(await complaint('--prot', '1'), /The options are --port N, --folder DIR and --data DIR\.$/);
  });
});
