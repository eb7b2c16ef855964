import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { FakeAgent, TemporaryWorkspace } from './temporaryWorkspace';

const text = (project: TemporaryWorkspace, path: string) => readFile(project.path(path), 'utf8');

async function readThenEdit(project: TemporaryWorkspace, path: string, edits: readonly unknown[]) {
  await project.agent.call('read_file', { path });
  return project.agent.call('edit_file', { path, edits });
}

describe('edit_file', () => {
  it('replaces text, names the file that it wrote and shows the diff for approval', async () => {
    await using project = await TemporaryWorkspace.of({ 'src/a.ts': 'one\ntwo\nthree\n' });
    const result = await readThenEdit(project, 'src/a.ts', [{ search: 'two', replace: '2\n2b' }]);
    assert.deepEqual([result.status, result.text], ['ok', 'Changed src/a.ts (+2 -1 lines).']);
    assert.deepEqual(result.filesWritten, ['src/a.ts']);
    assert.equal(await text(project, 'src/a.ts'), 'one\n2\n2b\nthree\n');
    const [asked] = project.agent.asked;
    assert.deepEqual([asked?.kind, asked?.action, asked?.subject], ['edit', 'edit a file', 'src/a.ts']);
    assert.match(
      asked?.preview ?? '',
      /^--- a\/src\/a\.ts\n\+\+\+ b\/src\/a\.ts\n@@ .* @@\n one\n-two\n\+2\n\+2b\n three\n/,
    );
  });

  it('can go on editing without reading again', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'a b' });
    await readThenEdit(project, 'a.txt', [{ search: 'a', replace: 'x' }]);
    await project.agent.call('edit_file', { path: 'a.txt', edits: [{ search: 'b', replace: 'y' }] });
    assert.equal(await text(project, 'a.txt'), 'x y');
  });

  it('makes all edits or none', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one two' });
    const edits = [
      { search: 'one', replace: '1' },
      { search: 'missing', replace: '' },
    ];
    const result = await readThenEdit(project, 'a.txt', edits);
    assert.match(result.text, /^The text to replace in edits\[1\] was not found/);
    assert.equal(await text(project, 'a.txt'), 'one two');
    assert.deepEqual(project.agent.asked, []);
  });

  it('refuses a file that the agent has not read', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    const result = await project.agent.call('edit_file', { path: 'a.txt', edits: [{ search: 'one', replace: '1' }] });
    assert.match(result.text, /^You have not read a\.txt yet/);
    assert.equal(await text(project, 'a.txt'), 'one');
  });

  it('refuses a file that changed since the agent read it, by whomever', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    const sibling = new FakeAgent(project.workspace);
    await project.agent.call('read_file', { path: 'a.txt' });
    await sibling.call('read_file', { path: 'a.txt' });
    await sibling.call('edit_file', { path: 'a.txt', edits: [{ search: 'one', replace: 'two' }] });
    const edit = { path: 'a.txt', edits: [{ search: 'two', replace: '2' }] };
    assert.match((await project.agent.call('edit_file', edit)).text, /^a\.txt changed since you read it/);

    await project.agent.call('read_file', { path: 'a.txt' });
    project.host.unsaved.set(project.path('a.txt'), 'two, typed');
    assert.match((await project.agent.call('edit_file', edit)).text, /changed since you read it/);
  });

  it('refuses where the file changes while the user is being asked', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    project.agent.decide = async () => {
      await writeFile(project.path('a.txt'), 'changed');
      return { approved: true };
    };
    const result = await readThenEdit(project, 'a.txt', [{ search: 'one', replace: '1' }]);
    assert.deepEqual(
      [result.status, result.text],
      ['error', 'a.txt changed in the meantime, so nothing was written. Read it again and redo it.'],
    );
    assert.equal(await text(project, 'a.txt'), 'changed');
  });

  it('lets one of two simultaneous edits of a file through, and tells the other', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    const agents = [project.agent, new FakeAgent(project.workspace)];
    for (const agent of agents) await agent.call('read_file', { path: 'a.txt' });
    const bothAsked = Promise.withResolvers<void>();
    for (const agent of agents) {
      agent.decide = async () => {
        if (agents.every(({ asked }) => asked.length === 1)) bothAsked.resolve();
        await bothAsked.promise;
        return { approved: true };
      };
    }
    const results = await Promise.all(
      agents.map((agent, index) =>
        agent.call('edit_file', { path: 'a.txt', edits: [{ search: 'one', replace: `by ${index}` }] }),
      ),
    );
    assert.deepEqual(results.map(({ status }) => status).sort(), ['error', 'ok']);
    const winner = results.findIndex(({ status }) => status === 'ok');
    assert.equal(await text(project, 'a.txt'), `by ${winner}`);
  });

  it('writes nothing where the user denies, and passes on what they said', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    project.agent.decide = () => ({ approved: false, reason: 'not this file' });
    const result = await readThenEdit(project, 'a.txt', [{ search: 'one', replace: '1' }]);
    assert.deepEqual([result.status, result.text], ['denied', 'The user denied this: not this file']);
    assert.deepEqual(result.filesWritten, []);
    assert.equal(await text(project, 'a.txt'), 'one');
  });

  it('keeps line ends, the byte order mark, the permissions and the link', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.sh': '\uFEFFone\r\ntwo\r\nthree\nfour\r\n' });
    await chmod(project.path('a.sh'), 0o777);
    await symlink('a.sh', project.path('link.sh'));
    const result = await readThenEdit(project, 'link.sh', [{ search: 'one\ntwo', replace: '1\n2\n2b' }]);
    assert.equal(result.status, 'ok');
    assert.equal(await text(project, 'a.sh'), '\uFEFF1\r\n2\r\n2b\r\nthree\nfour\r\n');
    assert.equal((await stat(project.path('a.sh'))).mode & 0o777, 0o777);
    assert.deepEqual((await readdir(project.folder)).sort(), ['a.sh', 'link.sh']);
  });

  it('edits the unsaved text in the editor, saves it and says so', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    project.host.unsaved.set(project.path('a.txt'), 'one typed');
    const result = await readThenEdit(project, 'a.txt', [{ search: 'one', replace: '1' }]);
    assert.match(result.text, /kept and saved with it/);
    assert.equal(project.agent.asked[0]?.action, 'edit and save an unsaved file');
    assert.equal(await text(project, 'a.txt'), '1 typed');
  });

  it('wants the file read again after a formatter changed it while it was saved', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one' });
    project.host.unsaved.set(project.path('a.txt'), 'one typed');
    project.host.format = (typed) => `${typed}\n`;
    const result = await readThenEdit(project, 'a.txt', [{ search: 'one', replace: '1' }]);
    assert.match(result.text, /changed it further while saving/);
    const again = await project.agent.call('edit_file', { path: 'a.txt', edits: [{ search: '1', replace: '2' }] });
    assert.match(again.text, /have not read/);
  });

  it('asks with a sentence instead of a diff where nearly everything changes', async () => {
    const lines = (word: string) => Array.from({ length: 6000 }, (_, index) => `${word} ${index}`).join('\n');
    await using project = await TemporaryWorkspace.of({ 'a.txt': lines('old') });
    for (const startLine of [1, 2001, 4001]) await project.agent.call('read_file', { path: 'a.txt', startLine });
    const result = await project.agent.call('write_file', { path: 'a.txt', content: lines('new') });
    assert.equal(result.status, 'ok');
    assert.equal(
      project.agent.asked[0]?.preview,
      'The change is too large to be shown: 6000 lines before, 6000 after.',
    );
  });
});

describe('write_file', () => {
  it('makes a file and the folders that it needs', async () => {
    await using project = await TemporaryWorkspace.of({});
    const result = await project.agent.call('write_file', { path: 'new/deep/a.txt', content: 'one\n' });
    assert.deepEqual([result.text, result.filesWritten], ['Created new/deep/a.txt (+1 -0 lines).', ['new/deep/a.txt']]);
    assert.equal(await text(project, 'new/deep/a.txt'), 'one\n');
    assert.equal(project.agent.asked[0]?.action, 'create a file');
  });

  it('replaces a file that was read, with its own line ends, and no other', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\r\ntwo\r\n' });
    const write = { path: 'a.txt', content: 'three\nfour\n' };
    assert.match((await project.agent.call('write_file', write)).text, /You have not read a\.txt/);
    await project.agent.call('read_file', { path: 'a.txt' });
    assert.equal((await project.agent.call('write_file', write)).status, 'ok');
    assert.equal(await text(project, 'a.txt'), 'three\r\nfour\r\n');
    assert.match((await project.agent.call('write_file', write)).text, /already has exactly this text/);
  });

  it('does not write over a file that someone else made while the user was being asked', async () => {
    await using project = await TemporaryWorkspace.of({});
    project.agent.decide = async () => {
      await project.write('a.txt', 'theirs');
      return { approved: true };
    };
    assert.equal((await project.agent.call('write_file', { path: 'a.txt', content: 'mine' })).status, 'error');
    assert.equal(await text(project, 'a.txt'), 'theirs');
  });

  it('refuses a folder, a binary file and the inside of .git', async () => {
    await using project = await TemporaryWorkspace.of({ 'folder/a': '' });
    await project.write('binary', Buffer.from([0, 1]));
    const answer = async (path: string) => (await project.agent.call('write_file', { path, content: 'x' })).text;
    assert.match(await answer('folder'), /is not a regular file/);
    assert.match(await answer('binary'), /is a binary file/);
    assert.match(await answer('.git/hooks/pre-commit'), /belongs to git/);
    assert.deepEqual(project.agent.asked, []);
  });
});
