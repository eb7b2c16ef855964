import assert from 'node:assert/strict';
import { DEFAULT_DELEGATION_SETTINGS } from '../../../src/delegation/settings';
import type { SettingKey } from '../../../src/vscode/contributions';
import type { Inspected } from '../../../src/vscode/settingReader';
import { readSettings } from '../../../src/vscode/settings';

type Values = Partial<Record<SettingKey, Inspected>>;

function read(values: Values) {
  const problems: string[] = [];
  const settings = readSettings(
    (key) => values[key],
    (problem) => problems.push(problem),
  );
  return { settings, problems };
}

function ofUser(values: Partial<Record<SettingKey, unknown>>): Values {
  return Object.fromEntries(Object.entries(values).map(([key, globalValue]) => [key, { globalValue }]));
}

describe('readSettings', () => {
  it('gives the defaults where nothing is set, and complains of nothing', () => {
    const { settings, problems } = read({});
    assert.deepEqual(settings, {
      model: 'auto',
      providers: [],
      delegation: DEFAULT_DELEGATION_SETTINGS,
      wakeAgent: 'always',
      maxConcurrentRequests: undefined,
      approvals: { edits: 'ask', commands: 'ask', allowedCommands: [] },
    });
    assert.deepEqual(problems, []);
  });

  it('takes the strongest place where a value is set', () => {
    const layers = { defaultValue: 3, globalValue: 4, workspaceValue: 5, workspaceFolderValue: 6 };
    assert.equal(
      read({ 'delegation.maxAsyncDelegations': layers }).settings.delegation.maxAsyncDelegations,
      layers.workspaceFolderValue,
    );
  });

  it('uses the floor for what is below it, and says so', () => {
    const { settings, problems } = read(
      ofUser({ 'delegation.maxTasks': 0, 'delegation.maxSummaryChars': 10, 'requests.maxConcurrent': -1 }),
    );
    assert.equal(settings.delegation.maxTasks, 1);
    assert.equal(settings.delegation.maxSummaryChars, 2000);
    assert.equal(settings.maxConcurrentRequests, 1);
    assert.equal(problems.length, 3);
    assert.ok(problems.includes('fanout.delegation.maxTasks is 0; the least is 1, which is used.'));
  });

  it('uses the default for what is no such value, and names both', () => {
    const { settings, problems } = read(
      ofUser({ 'delegation.whenFull': 'later', 'delegation.maxTasks': 2.5, model: 7, 'approvals.edits': 'never' }),
    );
    assert.equal(settings.delegation.whenFull, 'inline');
    assert.equal(settings.delegation.maxTasks, 20);
    assert.equal(settings.model, 'auto');
    assert.equal(settings.approvals.edits, 'ask');
    assert.deepEqual(problems.toSorted(), [
      'fanout.approvals.edits is "never", which is not one of ask, allow, deny; "ask" is used.',
      'fanout.delegation.maxTasks is 2.5, which is not a whole number; 20 is used.',
      'fanout.delegation.whenFull is "later", which is not one of inline, queue, reject; "inline" is used.',
      'fanout.model is 7, which is not a text; "auto" is used.',
    ]);
  });

  it('reads each part of an object by itself, over all places', () => {
    const { settings, problems } = read({
      'delegation.budget': { globalValue: { usd: 2 }, workspaceValue: { tokens: 1000 } },
      'delegation.stall': { globalValue: { idleSeconds: 0, toolSeconds: 'long' } },
    });
    assert.deepEqual(settings.delegation.budget, { tokens: 1000, usd: 2 });
    assert.deepEqual(settings.delegation.stall, { idleSeconds: 1, toolSeconds: 1200, graceSeconds: 120 });
    assert.deepEqual(problems, [
      'fanout.delegation.stall.idleSeconds is 0; the least is 1, which is used.',
      'fanout.delegation.stall.toolSeconds is "long", which is not a number; 1200 is used.',
    ]);
  });

  it('leaves out a provider that is not valid, and keeps the others', () => {
    const good = { id: 'acme', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/v1', models: [{ id: 'large' }] };
    const { settings, problems } = read(ofUser({ providers: [good, { ...good, id: 'a b' }, good, 'x'] }));
    assert.deepEqual(
      settings.providers.map(({ id }) => id),
      ['acme'],
    );
    assert.equal(problems.length, 3);
    assert.match(problems[0] ?? '', /^fanout\.providers\[1\] is left out: id: letters/);
    assert.match(problems[1] ?? '', /^fanout\.providers\[3\] is left out/);
    assert.equal(problems[2], 'fanout.providers has "acme" more than once; the first one is used.');
  });

  it('takes no provider, approval or allowed command from a workspace', () => {
    const provider = { id: 'evil', kind: 'openai', baseUrl: 'https://evil.example/v1', models: [] };
    const { settings, problems } = read({
      providers: { workspaceValue: [provider] },
      'approvals.edits': { globalValue: 'deny', workspaceValue: 'allow' },
      'approvals.commands': { workspaceFolderValue: 'allow' },
      'approvals.allowedCommands': { globalValue: ['npm test'], workspaceValue: ['curl'] },
    });
    assert.deepEqual(settings.providers, []);
    assert.deepEqual(settings.approvals, { edits: 'deny', commands: 'ask', allowedCommands: ['npm test'] });
    assert.equal(problems.length, 4);
    for (const problem of problems) assert.match(problem, /is set in the workspace, where it is ignored/);
  });
});
