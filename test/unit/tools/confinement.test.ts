import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, win32 } from 'node:path';
import { ToolFault } from '../../../src/agent/tool';
import { absolutePathOf, confine, leadsIntoGit, relativeInside, workspaceAccess } from '../../../src/tools/confinement';
import { TemporaryWorkspace } from './temporaryWorkspace';

const refusedWith = (pattern: RegExp) => (error: unknown) => error instanceof ToolFault && pattern.test(error.message);

describe('Confinement to the workspace', () => {
  it('finds a file by its relative, dotted and absolute path', async () => {
    await using project = await TemporaryWorkspace.of({ 'src/a.ts': '' });
    for (const given of ['src/a.ts', './src/../src/a.ts', project.path('src/a.ts')]) {
      const file = await project.workspace.resolve(given, 'read');
      assert.deepEqual([file.shown, file.real], ['src/a.ts', project.path('src/a.ts')]);
    }
  });

  it('accepts a file that does not exist yet, in folders that do not either', async () => {
    await using project = await TemporaryWorkspace.of({});
    assert.equal((await project.workspace.resolve('new/deep/file.ts', 'write')).shown, 'new/deep/file.ts');
  });

  it('refuses what lies outside, however it is written', async () => {
    await using project = await TemporaryWorkspace.of({});
    await writeFile(join(project.outside, 'secret'), '');
    await mkdir(join(project.outside, 'project-two'));
    for (const given of ['../secret', 'a/../../secret', '/etc/passwd', '..', `${project.folder}-two/x`, '../missing']) {
      await assert.rejects(project.workspace.resolve(given, 'read'), refusedWith(/is outside the workspace/), given);
    }
  });

  it('refuses a path through a link that leads outside, for files and folders, present or not', async () => {
    await using project = await TemporaryWorkspace.of({});
    await writeFile(join(project.outside, 'secret'), '');
    await symlink(join(project.outside, 'secret'), project.path('file-link'));
    await symlink(project.outside, project.path('folder-link'));
    for (const given of ['file-link', 'folder-link', 'folder-link/secret', 'folder-link/not-there']) {
      await assert.rejects(project.workspace.resolve(given, 'write'), refusedWith(/is outside the workspace/), given);
    }
  });

  it('refuses a dangling link, which a write would otherwise go through', async () => {
    await using project = await TemporaryWorkspace.of({});
    await symlink(join(project.outside, 'not-there'), project.path('dangling'));
    await symlink('loop', project.path('loop'));
    await assert.rejects(project.workspace.resolve('dangling', 'write'), refusedWith(/target does not exist/));
    await assert.rejects(project.workspace.resolve('dangling/below', 'write'), refusedWith(/target does not exist/));
    await assert.rejects(project.workspace.resolve('loop', 'read'), refusedWith(/leads back to itself/));
  });

  it('follows a link that stays inside, and names the file that it leads to', async () => {
    await using project = await TemporaryWorkspace.of({ 'real.ts': '' });
    await symlink('real.ts', project.path('link.ts'));
    assert.equal((await project.workspace.resolve('link.ts', 'write')).shown, 'real.ts');
  });

  it('knows a folder that was itself opened through a link', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.ts': '' });
    const opened = join(project.outside, 'opened');
    await symlink(project.folder, opened);
    const file = await confine([{ name: 'opened', path: opened }], 'a.ts', 'read');
    assert.deepEqual([file.path, file.real], [join(opened, 'a.ts'), project.path('a.ts')]);
  });

  it('reads in .git, but does not write there', async () => {
    await using project = await TemporaryWorkspace.of({ '.git/config': '' });
    assert.equal((await project.workspace.resolve('.git/config', 'read')).shown, '.git/config');
    for (const given of ['.git/hooks/post-commit', '.git', 'sub/.git/config']) {
      await assert.rejects(project.workspace.resolve(given, 'write'), refusedWith(/belongs to git/), given);
    }
    assert.equal((await project.workspace.resolve('.gitignore', 'write')).shown, '.gitignore');
  });

  it('knows the other names that some file systems have for .git', () => {
    for (const path of ['.GIT/config', '.git. /x', '.git::$INDEX_ALLOCATION/x', 'GIT~1\\config']) {
      assert.equal(leadsIntoGit(path), true, path);
    }
    for (const path of ['.github/x', 'git/x', 'a.git/x', '.gitattributes'])
      assert.equal(leadsIntoGit(path), false, path);
  });

  it('takes the name of a folder where several are open, else the first folder', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.ts': '' });
    const second = join(project.outside, 'second');
    await mkdir(second);
    const folders = [
      { name: 'project', path: project.folder },
      { name: 'second', path: second },
    ];
    assert.equal((await confine(folders, 'second/b.ts', 'read')).real, join(second, 'b.ts'));
    assert.equal((await confine(folders, 'project/a.ts', 'read')).real, project.path('a.ts'));
    assert.equal((await confine(folders, 'a.ts', 'read')).shown, 'project/a.ts');
    assert.equal((await confine(folders, second, 'read')).shown, 'second');
    await assert.rejects(confine(folders, 'second/../../x', 'read'), refusedWith(/is outside/));
  });

  it('asks for the absolute path where two open folders have the same name', async () => {
    await using project = await TemporaryWorkspace.of({ 'a/app/x.ts': '', 'b/app/x.ts': '' });
    const folders = ['a', 'b'].map((parent) => ({ name: 'app', path: project.path(`${parent}/app`) }));
    await assert.rejects(confine(folders, 'app/x.ts', 'read'), refusedWith(/absolute path/));
    const { shown } = await confine(folders, project.path('b/app/x.ts'), 'read');
    assert.equal((await confine(folders, shown, 'read')).real, project.path('b/app/x.ts'));
  });

  it('understands Windows paths', () => {
    const folders = [
      { name: 'one', path: 'C:\\work\\one' },
      { name: 'two', path: 'D:\\two' },
    ];
    assert.equal(absolutePathOf(folders, 'src/a.ts', win32), 'C:\\work\\one\\src\\a.ts');
    assert.equal(absolutePathOf(folders, 'two\\src\\a.ts', win32), 'D:\\two\\src\\a.ts');
    assert.equal(relativeInside('C:\\work\\one', 'c:\\WORK\\One\\a.ts', win32), 'a.ts');
    for (const outside of ['C:\\work\\other', 'D:\\work\\one\\a', '\\\\server\\share\\a']) {
      assert.equal(relativeInside('C:\\work\\one', absolutePathOf(folders, outside, win32), win32), undefined, outside);
    }
  });

  it('refuses a NUL character, and everything when no folder is open', () => {
    assert.throws(() => absolutePathOf([{ name: 'a', path: '/a' }], 'x\0y'), refusedWith(/NUL/));
    assert.throws(() => absolutePathOf([], 'x'), refusedWith(/No folder is open/));
  });

  it('says in one sentence of its own why there is nothing to work in', async () => {
    const folders = [{ name: 'a', path: '/a' }];
    const sentence = (access: ReturnType<typeof workspaceAccess>) => ('refusal' in access ? access.refusal : '');
    assert.match(sentence(workspaceAccess([], { trusted: true, virtualFolders: 0 })), /No folder is open/);
    assert.match(sentence(workspaceAccess([], { trusted: true, virtualFolders: 1 })), /virtual workspace/);
    const untrusted = workspaceAccess(folders, { trusted: false, virtualFolders: 0 });
    assert.match(sentence(untrusted), /not trusted/);
    assert.deepEqual(workspaceAccess(folders, { trusted: true, virtualFolders: 0 }), { folders });

    await using project = await TemporaryWorkspace.of({ 'a.ts': 'x' });
    project.host.currentAccess = untrusted;
    for (const [tool, input] of [
      ['read_file', { path: 'a.ts' }],
      ['list_files', {}],
      ['find_files', { pattern: '*' }],
      ['search_text', { pattern: 'x' }],
      ['write_file', { path: 'b.ts', content: '' }],
      ['run_command', { command: 'true' }],
      ['get_problems', {}],
    ] as const) {
      const { status, text } = await project.agent.call(tool, input);
      assert.deepEqual([status, text], ['error', sentence(untrusted)], tool);
    }
    assert.deepEqual(project.agent.asked, []);
  });
});
