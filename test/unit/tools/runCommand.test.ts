import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { BoundedText } from '../../../src/tools/boundedText';
import { commandEnvironment } from '../../../src/tools/shell';
import { TemporaryWorkspace } from './temporaryWorkspace';

const node = JSON.stringify(process.execPath);

/** A script that connects to a port and stays; the connection closes when the process is gone, and not before. */
const stays = (port: number, before = '') =>
  `${before} require('node:net').connect(${port}, '127.0.0.1').resume(); setInterval(() => {}, 60000);`;

async function withListener(work: (server: Server, port: number) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(server, (server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function nextConnection(server: Server): Promise<Socket> {
  const [socket] = (await once(server, 'connection')) as [Socket];
  // A killed process may reset its connection; either way it is closed.
  socket.on('error', () => undefined).resume();
  return socket;
}

describe('run_command', () => {
  it('returns both streams and the exit code, and streams them while it runs', async () => {
    await using project = await TemporaryWorkspace.of({});
    const { status, text } = await project.agent.call('run_command', { command: 'echo out; echo err >&2; exit 3' });
    assert.equal(status, 'error');
    assert.match(text, /\n\nExit code 3\.$/);
    assert.deepEqual(text.split('\n').slice(0, 2).sort(), ['err', 'out']);
    assert.match(project.agent.output.join(''), /out\n/);
  });

  it('asks with the exact command first, and runs nothing that is denied', async () => {
    await using project = await TemporaryWorkspace.of({});
    project.agent.decide = () => ({ approved: false });
    const { status, text } = await project.agent.call('run_command', { command: 'echo x > made' });
    assert.deepEqual([status, text], ['denied', 'The user denied this.']);
    assert.deepEqual(project.agent.asked, [{ kind: 'command', action: 'run a command', subject: 'echo x > made' }]);
    assert.deepEqual((await project.agent.call('list_files', {})).text, '[Nothing is in this folder.]');
  });

  it('runs in a folder of the workspace, which the approval names, and in no other', async () => {
    await using project = await TemporaryWorkspace.of({ 'packages/app/a.txt': 'here' });
    const { text } = await project.agent.call('run_command', { command: 'cat a.txt', cwd: 'packages/app' });
    assert.equal(text, 'here\n\nExit code 0.');
    assert.equal(project.agent.asked[0]?.action, 'run a command in packages/app');
    for (const [cwd, sentence] of [
      ['..', /outside the workspace/],
      ['missing', /There is no folder missing/],
      ['packages/app/a.txt', /There is no folder/],
    ] as const) {
      assert.match((await project.agent.call('run_command', { command: 'ls', cwd })).text, sentence);
    }
  });

  it('gives a command no input to wait for', async () => {
    await using project = await TemporaryWorkspace.of({});
    assert.equal((await project.agent.call('run_command', { command: 'cat' })).text, '[no output]\n\nExit code 0.');
  });

  it('keeps head and tail of a long output and counts the rest', async () => {
    await using project = await TemporaryWorkspace.of({
      'long.js': `for (let i = 0; i < 20000; i++) console.log('line', i)`,
    });
    const { text } = await project.agent.call('run_command', { command: `${node} long.js` });
    assert.ok(text.length < 31_000);
    assert.match(text, /^line 0\nline 1\n/);
    assert.match(text, /\n\[… 1\d\d,\d{3} characters left out …\]\n/);
    assert.match(text, /\nline 19999\n\nExit code 0\.$/);
  });

  it('keeps a character whole that comes in two pieces, and leaves colours out', async () => {
    await using project = await TemporaryWorkspace.of({
      'split.js': `const [a, b] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
        process.stdout.write('\\x1b[31mred\\x1b[0m '); process.stdout.write(a, () => setImmediate(() => process.stdout.write(b)));`,
    });
    assert.match((await project.agent.call('run_command', { command: `${node} split.js` })).text, /^red é\n/);
  });

  it('C20 an abort ends grandchildren too, those included that ignore being asked', async () => {
    await withListener(async (server, port) => {
      const stubborn = stays(port, `process.on('SIGTERM', () => {});`);
      await using project = await TemporaryWorkspace.of({
        'stubborn.js': stubborn,
        'parent.js': `require('node:child_process').spawn(process.execPath, ['stubborn.js'], { stdio: 'ignore' }); setInterval(() => {}, 60000);`,
      });
      const turn = new AbortController();
      const connected = nextConnection(server);
      const call = project.agent.call('run_command', { command: `echo begun; ${node} parent.js; true` }, turn.signal);
      const closed = once(await connected, 'close');
      turn.abort();
      const { status, text } = await call;
      await closed;
      assert.deepEqual([status, text], ['interrupted', 'begun\n\nInterrupted; its processes were ended.']);
    });
  });

  it('ends the whole tree at the timeout', async () => {
    await using project = await TemporaryWorkspace.of({});
    // Both hold the output open, so this resolves only once both are gone.
    const command = 'sleep 100000 & sleep 100000; true';
    const { status, text } = await project.agent.call('run_command', { command, timeoutSeconds: 0.05 });
    assert.deepEqual([status, text], ['error', '[no output]\n\nTimed out after 0.05 s; its processes were ended.']);
  });

  it('does not wait for what a command leaves in the background, but ends it', async () => {
    await withListener(async (server, port) => {
      await using project = await TemporaryWorkspace.of({ 'stays.js': stays(port) });
      const connected = nextConnection(server);
      // The shell ends once the process in the background is up: it holds the output open for ever.
      const command = `${node} stays.js & echo $! ; read line < ready`;
      await project.agent.call('run_command', { command: 'mkfifo ready' });
      const call = project.agent.call('run_command', { command });
      const closed = once(await connected, 'close');
      await project.write('ready', 'go\n');
      assert.match((await call).text, /^\d+\n\nExit code 0\.$/);
      await closed;
    });
  });

  it('tells programs not to wait for a person, and keeps to itself what is for VS Code alone', () => {
    const env = commandEnvironment({
      PATH: '/bin',
      HOME: '/h',
      ELECTRON_RUN_AS_NODE: '1',
      VSCODE_PID: '1',
      PAGER: 'less',
    });
    assert.deepEqual(env, { PATH: '/bin', HOME: '/h', PAGER: 'cat', GIT_PAGER: 'cat', GIT_TERMINAL_PROMPT: '0' });
  });
});

describe('A bounded text', () => {
  const kept = (pieces: readonly string[]) => {
    const text = new BoundedText(3, 4);
    for (const piece of pieces) text.append(piece);
    return text.toString();
  };

  it('is whole while it fits, in whatever pieces it comes', () => {
    assert.equal(kept([]), '');
    assert.equal(kept(['abcdefg']), 'abcdefg');
    assert.equal(kept([...'abcdefg']), 'abcdefg');
  });

  it('counts exactly what is missing', () => {
    assert.equal(kept(['abcdefgh']), 'abc\n[… 1 characters left out …]\nefgh');
    assert.equal(kept([...'abcdefghijklmnopqrstuvwxyz']), 'abc\n[… 19 characters left out …]\nwxyz');
    assert.equal(kept(['x'.repeat(2007)]), 'xxx\n[… 2,000 characters left out …]\nxxxx');
  });
});
