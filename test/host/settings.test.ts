import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { readSettings } from '../../src/vscode/settings';

const { Global, Workspace } = vscode.ConfigurationTarget;
const configuration = () => vscode.workspace.getConfiguration('fanout');

function read() {
  const problems: string[] = [];
  const settings = readSettings(
    (key) => configuration().inspect(key),
    (problem) => problems.push(problem),
  );
  return { settings, problems };
}

describe('the settings in VS Code', () => {
  after(async () => {
    await configuration().update('delegation.maxTasks', undefined, Global);
    await configuration().update('delegation.budget', undefined, Global);
    await configuration().update('delegation.budget', undefined, Workspace);
  });

  it('have the defaults that package.json declares, without a problem', () => {
    const { settings, problems } = read();
    assert.deepEqual(problems, []);
    assert.equal(settings.delegation.maxAsyncDelegations, 3);
    assert.equal(settings.maxConcurrentRequests, undefined);
    assert.deepEqual(settings.delegation.budget, { tokens: 0, usd: 0 });
  });

  it('are read anew when they change, below the floor as the floor', async () => {
    await configuration().update('delegation.maxTasks', 0, Global);
    const { settings, problems } = read();
    assert.equal(settings.delegation.maxTasks, 1);
    assert.deepEqual(problems, ['fanout.delegation.maxTasks is 0; the least is 1, which is used.']);
  });

  it('are put together part by part from user and workspace', async () => {
    await configuration().update('delegation.budget', { usd: 2 }, Global);
    await configuration().update('delegation.budget', { tokens: 1000 }, Workspace);
    assert.deepEqual(read().settings.delegation.budget, { tokens: 1000, usd: 2 });
  });

  it('take no provider, approval or allowed command from the workspace', async () => {
    for (const key of ['providers', 'approvals.commands', 'approvals.allowedCommands'])
      await assert.rejects(Promise.resolve(configuration().update(key, ['x'], Workspace)), key);
  });
});
