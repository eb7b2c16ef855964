import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { directedModel, MAIN, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

/** A port of this machine at which nobody answers. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('faults', () => {
  let model: DirectedModel;
  let workbench: Workbench;

  beforeEach(async () => {
    model = await directedModel();
    workbench = await openWorkbench({ settings: model.settings, forOneTest: true });
    await workbench.showFanout();
  });

  it('waits out a rate limit in sight of the user, and retries a broken stream unseen', async () => {
    const chat = workbench.chat();
    await workbench.say('Hello');
    (await model.next(MAIN)).answer({ status: 429, retryAfter: 5 });
    await chat.getByText('rate limited by acme, trying again in 5 s').first().waitFor();
    await workbench.screenshot('rate-limited');
    (await model.next(MAIN)).answer([{ text: 'Half an ans' }, { cut: true }]);
    (await model.next(MAIN)).answer('A whole answer.');
    await chat.getByRole('log').getByText('A whole answer.').waitFor();
    assert.equal(await chat.getByText('Half an').count(), 0);
    assert.equal(await chat.getByRole('note').count(), 0);
  });

  it('says in the tool card why a file cannot be read', async () => {
    const folder = workbench.folder ?? '';
    await writeFile(path.join(folder, 'photo.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]));
    await writeFile(path.join(folder, 'huge.log'), 'All is well on this line.\n'.repeat(500_000));
    const refusals = {
      '../secret.txt': 'is outside the workspace',
      'photo.png': 'photo.png is a binary file (8 bytes), not UTF-8 text',
      'src/none.ts': 'There is no file src/none.ts',
      src: 'src is a folder; list_files shows what is in it.',
    };
    const paths = [...Object.keys(refusals), 'huge.log'];
    await workbench.say('Read them all');
    const calls = paths.map((name) => ({ name: 'read_file', input: { path: name } }));
    (await model.next(MAIN)).answer({ calls });
    const read = await model.next(MAIN);
    assert.match(read.results.at(-1) ?? '', /^1\tAll is well[^]*2000/);
    read.answer('Only one of them.');
    const chat = workbench.chat();
    await chat.getByText('Only one of them.').waitFor();
    for (const [i, [name, refusal]] of Object.entries(refusals).entries()) {
      assert.ok(read.results[i]?.includes(refusal), read.results[i]);
      const card = chat.getByRole('button', { name: `read_file ${name} failed` });
      await card.click();
      await chat.getByRole('log').getByText(refusal).waitFor();
      await card.click();
    }
    await workbench.screenshot('unreadable');
  });

  it('ends a command that never ends, with all of its processes', async () => {
    const chat = workbench.chat();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const command = `node -e "net.connect(${port}, '127.0.0.1')" & echo it runs; wait`;
    await workbench.say('Serve it');
    (await model.next(MAIN)).call('run_command', { command });
    const connected = once(server, 'connection') as Promise<[Socket]>;
    await workbench.approvals(command).getByRole('button', { name: 'Approve', exact: true }).click();
    const [socket] = await connected;
    socket.on('error', () => undefined); // it dies of a signal
    const ended = once(socket, 'close');
    await chat.getByRole('button', { name: /^run_command/ }).click();
    await chat.getByText('it runs', { exact: true }).waitFor();
    await chat.getByRole('button', { name: 'Stop', exact: true }).click();
    await chat.getByText('Interrupted; its processes were ended.').waitFor();
    await chat.getByRole('note').filter({ hasText: 'Stopped.' }).waitFor();
    await ended;
    server.close();
    await workbench.say('Are you there?');
    (await model.next(MAIN)).answer('I am.');
    await chat.getByText('I am.').waitFor();
  });
});

describe('settings that cannot work', () => {
  it('are told, once, with the value that is used, and a server that does not answer by its address', async () => {
    const port = await closedPort();
    const workbench = await openWorkbench({
      forOneTest: true,
      settings: {
        'fanout.delegation.maxTasks': 'many',
        'fanout.model': 'local/large',
        'fanout.providers': [
          {
            id: 'local',
            kind: 'openai-compatible',
            baseUrl: `http://127.0.0.1:${port}/v1`,
            models: [{ id: 'large' }],
          },
        ],
      },
    });
    await workbench.showFanout();
    const nonsense = workbench.notifications('fanout.delegation.maxTasks');
    await nonsense.filter({ hasText: '20' }).waitFor();
    assert.equal(await nonsense.count(), 1);
    const chat = workbench.chat();
    await workbench.say('Hello');
    const told = chat.getByRole('note').filter({ hasText: `Nothing answers at 127.0.0.1:${port}` });
    await told.getByRole('button', { name: 'Open Settings' }).waitFor();
    await workbench.screenshot('no-server');
    await workbench.say('/model offline');
    await told.getByRole('button', { name: 'Try Again' }).click();
    await chat.getByText('no AI, no network').waitFor();
  });
});
