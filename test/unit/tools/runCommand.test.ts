import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { BoundedText } from '../../../src/tools/boundedText';
import { commandEnvironment } from '../../../src/tools/commandEnvironment';
import { SharedLook } from '../../../src/tools/processes';
import { initRepository, runGit } from '../../fakes/gitRepository';
import { TemporaryWorkspace } from './temporaryWorkspace';

const node = JSON.stringify(process.execPath);

/** A script that connects to a port and stays; the connection closes when the process is gone, and not before. */
const stays = (port: number, before = '') =>
  `${before} require('node:net').connect(${port}, '127.0.0.1').resume(); setInterval(() => {}, 60000);`;

/** A script that starts another as the leader of a session, and ends. */
const forks = (next: string) =>
  `const child = require('node:child_process').spawn(process.execPath, ['${next}'], { detached: true, stdio: 'inherit' });
   child.unref();`;

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
    // An editor reads from its outputs where its input is no terminal: T2.
    assert.equal((await project.agent.call('run_command', { command: 'cat' })).text, '[no output]\n\nExit code 0.');
    for (const command of ['cat <&1', 'cat <&2', 'cat | cat <&2']) {
      const { text } = await project.agent.call('run_command', { command });
      assert.match(text, /^(\[no output\]\n\nExit code 0|cat: .*Bad file descriptor\n\nExit code 1)\.$/);
    }
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
      assert.match((await call).text, /^\d+\n\n\[[^\]]* stays\.js\]\n\nExit code 0\.$/);
      await closed;
    });
  });

  // T1
  for (const [how, detached] of [
    ['setsid', 'setsid node stays.js & echo started'],
    ['setsid --fork', 'setsid -f node stays.js; echo started'],
    ['setsid --wait in the background', 'setsid -w node stays.js & echo started'],
    ['nohup', 'nohup node stays.js & echo started'],
    ['a session of its own without our environment', 'env -i PATH="$PATH" setsid node stays.js & echo started'],
    ['a closed output', 'setsid node stays.js >/dev/null 2>&1 & echo started'],
    ['a closed output without our environment', 'env -i setsid node stays.js >/dev/null 2>&1 & echo started'],
    ['two forks', 'node forks.js; echo started'],
  ] as const) {
    it(`ends with its shell, and ends what left it by ${how}`, async () => {
      await withListener(async (server, port) => {
        await using project = await TemporaryWorkspace.of({
          'stays.js': stays(port),
          'forks.js': forks('forks2.js'),
          'forks2.js': forks('stays.js'),
        });
        await project.agent.call('run_command', { command: 'mkfifo ready' });
        const connected = nextConnection(server);
        const command = detached.replaceAll('node', node);
        const call = project.agent.call('run_command', { command: `${command}; read line < ready` });
        const closed = once(await connected, 'close');
        await project.write('ready', 'go\n');
        const { status, text } = await call;
        await closed;
        assert.equal(status, 'ok');
        assert.match(text, /^started\n/);
        assert.match(text, /stays\.js.*\]\n\nExit code 0\.$/);
      });
    });
  }

  // T1
  it('C20 an abort, and the timeout, end what left the process group and holds the output', async () => {
    await withListener(async (server, port) => {
      await using project = await TemporaryWorkspace.of({
        'stays.js': stays(port, `process.on('SIGTERM', () => {});`),
      });
      const command = `setsid -w ${node} stays.js`;
      for (const how of ['interrupted', 'error'] as const) {
        const turn = new AbortController();
        const connected = nextConnection(server);
        const timeout = how === 'error' ? { timeoutSeconds: 1 } : {};
        const call = project.agent.call('run_command', { command, ...timeout }, turn.signal);
        const closed = once(await connected, 'close');
        if (how === 'interrupted') turn.abort();
        assert.equal((await call).status, how);
        await closed;
      }
    });
  });

  // X19
  it('looks at all processes once for all commands that end at once', async () => {
    const looks: number[] = [];
    const gate = Promise.withResolvers<void>();
    const look = new SharedLook(async () => {
      const number = looks.push(0);
      await gate.promise;
      return number;
    });
    const asked = Array.from({ length: 100 }, () => look.next());
    gate.resolve();
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([1, 2]));
    assert.equal(await look.next(), 3, 'what comes later is looked for anew');
  });

  // T2
  for (const [asks, command, advice] of [
    ['a commit', 'git commit --allow-empty', '-m'],
    ['a commit that is changed', 'git commit --amend --allow-empty', '--no-edit'],
    ['a rebase', 'git rebase -i HEAD~1', 'GIT_SEQUENCE_EDITOR'],
    ['a tag', 'git tag -a v1', '-m'],
    ['whatever opens an editor', 'sh -c "$EDITOR file"', 'No editor'],
    ['whatever opens an editor for the screen', 'sh -c "$VISUAL file"', 'No editor'],
  ] as const) {
    it(`opens no editor for ${asks}, and says what to do`, async () => {
      await using project = await TemporaryWorkspace.of({ 'a.txt': 'a' });
      await initRepository(project.folder);
      for (const message of ['one', 'two']) {
        await runGit(project.folder, 'commit', '--quiet', '--allow-empty', '-m', message);
      }
      const { status, text } = await project.agent.call('run_command', { command });
      assert.equal(status, 'error');
      assert.ok(text.includes(advice), text);
    });
  }

  // T2
  it('lets a command name an editor of its own', async () => {
    await using project = await TemporaryWorkspace.of({});
    await initRepository(project.folder);
    await runGit(project.folder, 'commit', '--quiet', '--allow-empty', '-m', 'As it is');
    const command = 'GIT_EDITOR=true git commit --quiet --allow-empty --amend && git log --format=%s';
    assert.equal((await project.agent.call('run_command', { command })).text, 'As it is\n\nExit code 0.');
  });

  // S3
  it('takes no files of the project for a repository whose settings name programs', async () => {
    await using project = await TemporaryWorkspace.of({
      'fixture/HEAD': 'ref: refs/heads/main\n',
      'fixture/config': '[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = "touch pwned; false"\n',
      'fixture/objects/k': '',
      'fixture/refs/k': '',
    });
    await initRepository(project.folder);
    const { status } = await project.agent.call('run_command', { command: 'git status', cwd: 'fixture' });
    assert.equal(status, 'error');
    assert.equal(existsSync(project.path('fixture/pwned')), false);
  });

  it('tells programs not to wait for a person, and keeps to itself what is for VS Code alone', () => {
    const env = commandEnvironment({
      PATH: '/bin',
      HOME: '/h',
      ELECTRON_RUN_AS_NODE: '1',
      VSCODE_PID: '1',
      FANOUT_COMMAND: 'of another',
      PAGER: 'less',
      EDITOR: 'vi',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'user.name',
      GIT_CONFIG_VALUE_0: 'A Tester',
    });
    const { PATH, HOME, PAGER, GIT_PAGER, GIT_TERMINAL_PROMPT, TERM, ...others } = env;
    assert.deepEqual(
      [PATH, HOME, PAGER, GIT_PAGER, GIT_TERMINAL_PROMPT, TERM],
      ['/bin', '/h', 'cat', 'cat', '0', 'dumb'],
    );
    assert.deepEqual(
      Object.keys(others).filter((name) => /^(ELECTRON|VSCODE|FANOUT)_/.test(name)),
      [],
    );
    assert.notEqual(others['EDITOR'], 'vi');
    assert.deepEqual(
      [others['GIT_CONFIG_COUNT'], others['GIT_CONFIG_KEY_0'], others['GIT_CONFIG_KEY_1']],
      ['2', 'user.name', 'safe.bareRepository'],
    );
  });

  it('lets a command open its output by name', async () => {
    await using project = await TemporaryWorkspace.of({});
    const command = 'echo out > /dev/stdout; echo err > /dev/stderr; echo more >> /dev/fd/2';
    assert.equal((await project.agent.call('run_command', { command })).text, 'out\nerr\nmore\n\nExit code 0.');
  });

  it('takes a command that begins with a dash for a command', async () => {
    await using project = await TemporaryWorkspace.of({});
    assert.match((await project.agent.call('run_command', { command: '-h' })).text, /not found\n\nExit code 127\.$/);
  });

  // T20
  it('gives the model the last frame of a progress bar only', async () => {
    await using project = await TemporaryWorkspace.of({});
    const command = `i=0; while [ $i -lt 5000 ]; do printf '\\r\\033[32m%s%%\\033[0m' $i; i=$((i+1)); done; echo; echo done`;
    assert.equal((await project.agent.call('run_command', { command })).text, '4999%\ndone\n\nExit code 0.');
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
