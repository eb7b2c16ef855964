import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeWorkspace } from '../../../src/tools/nodeWorkspace';
import { FakeAgent, TemporaryWorkspace } from './temporaryWorkspace';

describe('the folder of full results', () => {
  it('is read by its absolute path, though it lies outside the workspace, and is not written to', async () => {
    await using project = await TemporaryWorkspace.of({});
    const results = join(project.outside, 'results');
    await mkdir(results);
    await writeFile(join(results, 'deleg_00000001.1.md'), 'the whole report');
    const agent = new FakeAgent(new NodeWorkspace(project.host, results));
    const path = join(results, 'deleg_00000001.1.md');
    assert.equal((await agent.call('read_file', { path })).text, '1\tthe whole report');
    assert.match((await agent.call('write_file', { path, content: 'mine' })).text, /outside the workspace/);
  });

  it('opens no way to what lies elsewhere', async () => {
    await using project = await TemporaryWorkspace.of({});
    const results = join(project.outside, 'results');
    await mkdir(results);
    await writeFile(join(project.outside, 'secret.txt'), 'secret');
    await symlink(join(project.outside, 'secret.txt'), join(results, 'link.md'));
    const agent = new FakeAgent(new NodeWorkspace(project.host, results));
    for (const path of [join(results, 'link.md'), join(results, '..', 'secret.txt')]) {
      assert.match((await agent.call('read_file', { path })).text, /is outside the workspace/);
    }
  });
});
