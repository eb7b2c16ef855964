import assert from 'node:assert/strict';
import { execa } from 'execa';
import { gitStatus } from '../../../src/tools/gitStatus';
import { TemporaryWorkspace } from './temporaryWorkspace';

describe('gitStatus', () => {
  it('tells what changed in a repository, and nothing where there is none', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    assert.equal(await gitStatus(project.folder), undefined);
    await execa('git', ['init', '--quiet'], { cwd: project.folder });
    assert.equal(await gitStatus(project.folder), '?? a.txt');
  });
});
