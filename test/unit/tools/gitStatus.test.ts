import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { execa } from 'execa';
import { gitStatus } from '../../../src/tools/gitStatus';
import { findProgram } from '../../../src/tools/programs';
import { initRepository, runGit } from '../../fakes/gitRepository';
import { TemporaryWorkspace } from './temporaryWorkspace';

/** The environment of this process, for as long as the work takes. */
async function withEnvironment(changed: NodeJS.ProcessEnv, work: () => Promise<void>): Promise<void> {
  const before = Object.keys(changed).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, changed);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}

describe('gitStatus', () => {
  it('tells what changed in a repository, and nothing where there is none', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    assert.equal(await gitStatus(project.folder), undefined);
    await execa('git', ['init', '--quiet'], { cwd: project.folder });
    assert.equal(await gitStatus(project.folder), '?? a.txt');
  });

  // S27
  it('runs nothing that settings name, and is led to no other repository', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    await initRepository(project.folder);
    await initRepository(project.path('sub'));
    for (const folder of [project.folder, project.path('sub')]) {
      await runGit(folder, 'config', 'core.fsmonitor', `touch '${project.outside}/ran'; false`);
    }
    await runGit(project.path('sub'), 'commit', '--quiet', '--allow-empty', '-m', 'In it');
    await runGit(project.folder, '-c', 'core.fsmonitor=false', 'add', 'sub');
    await execa('rm', ['-f', `${project.outside}/ran`]);
    await withEnvironment({ GIT_DIR: project.path('sub/.git') }, async () => {
      assert.equal(await gitStatus(project.folder), 'A  sub\n?? a.txt');
    });
    assert.equal(existsSync(`${project.outside}/ran`), false);
  });

  // S9
  it('never takes a program of the folder for git', async () => {
    await using project = await TemporaryWorkspace.of({
      git: '#!/bin/sh\ntouch ran\n',
      'bin/git': '#!/bin/sh\necho "?? $0"\n',
    });
    await chmod(project.path('git'), 0o755);
    await withEnvironment({ PATH: `.::${project.path('bin')}` }, async () => {
      assert.equal(await gitStatus(project.folder), undefined, 'that in bin cannot be run yet');
      await chmod(project.path('bin/git'), 0o755);
      assert.equal(await gitStatus(project.folder), `?? ${project.path('bin/git')}`);
      assert.equal(await findProgram('git'), project.path('bin/git'));
    });
    assert.equal(existsSync(project.path('ran')), false);
  });
});
