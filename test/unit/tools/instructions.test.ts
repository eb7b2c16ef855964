import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWorkspace, projectInstructions } from '../../../src/tools/instructions';
import { TemporaryWorkspace } from './temporaryWorkspace';

describe('Project instructions', () => {
  it('are the text of AGENTS.md', async () => {
    await using project = await TemporaryWorkspace.of({ 'AGENTS.md': '# Use tabs.\n' });
    assert.equal(await projectInstructions(project.workspace), '# Use tabs.');
  });

  it('are empty where there is none, where it is no text, and where it leads out of the workspace', async () => {
    await using project = await TemporaryWorkspace.of({});
    assert.equal(await projectInstructions(project.workspace), '');
    await writeFile(join(project.outside, 'secret'), 'secret');
    await symlink(join(project.outside, 'secret'), project.path('AGENTS.md'));
    assert.equal(await projectInstructions(project.workspace), '');
    await using binary = await TemporaryWorkspace.of({ 'AGENTS.md': '\0' });
    assert.equal(await projectInstructions(binary.workspace), '');
  });

  it('come from every open folder', async () => {
    await using project = await TemporaryWorkspace.of({
      'one/AGENTS.md': 'first',
      'two/a': '',
      'three/AGENTS.md': 'last',
    });
    const folders = ['one', 'two', 'three'].map((name) => ({ name, path: project.path(name) }));
    project.host.currentAccess = { folders };
    assert.equal(await projectInstructions(project.workspace), 'AGENTS.md of one:\nfirst\n\nAGENTS.md of three:\nlast');
  });

  it('are bounded, and say what is missing', async () => {
    await using project = await TemporaryWorkspace.of({ 'AGENTS.md': 'x'.repeat(32 * 1024 + 7) });
    assert.match(
      await projectInstructions(project.workspace),
      /x\n\[… 7 characters more; read AGENTS\.md for them\.\]$/,
    );
  });

  it('are empty, and the workspace says why, where tools may not work', async () => {
    await using project = await TemporaryWorkspace.of({ 'AGENTS.md': 'x' });
    project.host.currentAccess = { refusal: 'Not trusted.' };
    assert.equal(await projectInstructions(project.workspace), '');
    assert.equal(describeWorkspace(project.workspace), 'Not trusted.');
  });
});

describe('The description of the workspace', () => {
  it('names its folders and how paths are written', async () => {
    await using project = await TemporaryWorkspace.of({});
    assert.equal(
      describeWorkspace(project.workspace),
      `The workspace folder is ${project.folder}. Paths are relative to it.`,
    );
    project.host.currentAccess = {
      folders: [
        { name: 'one', path: '/one' },
        { name: 'two', path: '/two' },
      ],
    };
    assert.match(
      describeWorkspace(project.workspace),
      /begin with the name of one of them\.\n- one: \/one\n- two: \/two$/,
    );
  });
});
