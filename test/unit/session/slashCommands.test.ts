import assert from 'node:assert/strict';
import { runSlashCommand, SLASH_COMMANDS, type SlashPorts } from '../../../src/session/slashCommands';

/** Writes down what a command does; `acme/large` is the one model, `deleg_00000001` the one delegation. */
function recorder(stopped = { turn: false, delegations: 0 }) {
  const done: string[] = [];
  const write = (what: string) => () => void done.push(what);
  const ports: SlashPorts = {
    stopAll: () => stopped,
    stopOne: (id) => id === 'deleg_00000001',
    showAgents: write('shows the agents'),
    newSession: write('begins a session'),
    pause: write('pauses'),
    resume: write('resumes'),
    chooseModel: (name) => {
      if (name === '') return Promise.resolve(undefined);
      return name === 'acme/large' ? Promise.resolve(name) : Promise.reject(new Error(`There is no model ${name}.`));
    },
    tell: (level, text) => done.push(`${level}: ${text.split('\n', 1)[0]}`),
  };
  return { done, ports };
}

const table: readonly (readonly [string, readonly string[]])[] = [
  ['/agents', ['shows the agents']],
  ['/new', ['begins a session']],
  ['/pause', ['pauses', 'info: Paused: new delegations are refused until /resume. Running ones go on.']],
  ['/resume', ['resumes', 'info: Resumed: new delegations are accepted again.']],
  ['/model', []],
  ['/model acme/large', ['info: This session uses acme/large from its next turn on.']],
  ['/model acme/huge', ['warning: There is no model acme/huge.']],
  ['/stop deleg_00000001', ['info: Stopped deleg_00000001.']],
  ['/stop deleg_ffffffff', ['warning: deleg_ffffffff is not running.']],
  ['  /help  ', ['info: Commands:']],
  ['/halp', ['warning: There is no command /halp. Commands:']],
];

describe('slash commands', () => {
  for (const [text, expected] of table) {
    it(`${text.trim()} ${expected.join(', then ') || 'lets the user pick'}`, async () => {
      const { done, ports } = recorder();
      assert.equal(await runSlashCommand(text, ports), true);
      assert.deepEqual(done, expected);
    });
  }

  for (const text of ['/etc/hosts is what?', '/usr/bin', 'Say /help to me', '/', '/ stop', '/Stop', 'hello']) {
    it(`“${text}” goes to the agent`, async () => {
      const { done, ports } = recorder();
      assert.equal(await runSlashCommand(text, ports), false);
      assert.deepEqual(done, []);
    });
  }

  const counts: readonly (readonly [Parameters<typeof recorder>[0], string])[] = [
    [{ turn: true, delegations: 2 }, 'Stopped this turn and 2 delegations.'],
    [{ turn: true, delegations: 1 }, 'Stopped this turn and 1 delegation.'],
    [{ turn: false, delegations: 3 }, 'Stopped 3 delegations.'],
    [{ turn: true, delegations: 0 }, 'Stopped this turn and 0 delegations.'],
    [{ turn: false, delegations: 0 }, 'Nothing was running: stopped 0 delegations.'],
  ];
  for (const [stopped, told] of counts) {
    it(`/stop tells: ${told}`, async () => {
      const { done, ports } = recorder(stopped);
      await runSlashCommand('/stop', ports);
      assert.deepEqual(done, [`info: ${told}`]);
    });
  }

  it('/help names every command', async () => {
    let told = '';
    const { ports } = recorder();
    await runSlashCommand('/help', { ...ports, tell: (_, text) => void (told = text) });
    for (const { name } of SLASH_COMMANDS) assert.match(told, new RegExp(`\`/${name}\\b`));
  });
});
