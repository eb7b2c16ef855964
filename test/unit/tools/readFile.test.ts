import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { TemporaryWorkspace } from './temporaryWorkspace';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

describe('read_file', () => {
  it('shows each line with its number', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\r\ntwo\n\nfour' });
    const { status, text } = await project.agent.call('read_file', { path: 'a.txt' });
    assert.deepEqual([status, text], ['ok', '1\tone\n2\ttwo\n3\t\n4\tfour']);
  });

  it('shows a range, and says how to read on only where it gave less than was asked for', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': numbered(3000) });
    const range = await project.agent.call('read_file', { path: 'a.txt', startLine: 2, endLine: 3 });
    assert.equal(range.text, '2\tline 2\n3\tline 3');
    const whole = await project.agent.call('read_file', { path: 'a.txt' });
    assert.match(whole.text, /\n2000\tline 2000\n\[Lines 1-2000 of 3000\. Read on with startLine 2001\.\]$/);
    const rest = await project.agent.call('read_file', { path: 'a.txt', startLine: 2001, endLine: 9999 });
    assert.match(rest.text, /\n3000\tline 3000$/);
  });

  it('keeps to its size, cutting long lines too', async () => {
    await using project = await TemporaryWorkspace.of({
      'a.txt': `${'x'.repeat(50_000)}\n${`${'y'.repeat(3000)}\n`.repeat(50)}`,
    });
    const { text } = await project.agent.call('read_file', { path: 'a.txt' });
    assert.ok(text.length < 105_000);
    assert.match(text, /46000 characters more in this line/);
    assert.match(text, /Lines 1-\d+ of 51\. Read on with startLine \d+\.\]$/);
  });

  it('says that a file is empty, and that a line is not there', async () => {
    await using project = await TemporaryWorkspace.of({ 'empty.txt': '', 'a.txt': 'one\n' });
    assert.equal((await project.agent.call('read_file', { path: 'empty.txt' })).text, '[The file is empty.]');
    const beyond = await project.agent.call('read_file', { path: 'a.txt', startLine: 5 });
    assert.deepEqual([beyond.status, beyond.text], ['error', 'a.txt has no line 5; it has 1 line.']);
    const backwards = await project.agent.call('read_file', { path: 'a.txt', startLine: 5, endLine: 2 });
    assert.match(backwards.text, /endLine \(2\) is before startLine \(5\)/);
  });

  it('refuses a binary file, another encoding, a folder and nothing at all, each in its own words', async () => {
    await using project = await TemporaryWorkspace.of({ 'folder/a.txt': '' });
    await project.write('image.png', Buffer.from([0x89, 0x50, 0, 1, 2]));
    await project.write('latin1.txt', Buffer.from('caf\xe9', 'latin1'));
    const answer = async (path: string) => (await project.agent.call('read_file', { path })).text;
    assert.match(await answer('image.png'), /^image\.png is a binary file \(5 bytes\)/);
    assert.match(await answer('latin1.txt'), /is not UTF-8 text/);
    assert.match(await answer('folder'), /is a folder; list_files/);
    assert.equal(await answer('missing.txt'), 'There is no file missing.txt.');
  });

  it('reads lines of a huge file without loading it', async () => {
    await using project = await TemporaryWorkspace.of({ 'huge.log': numbered(20_000) });
    // Sparse: it takes no room, and reading it to its end would take far longer than this test may.
    await truncate(project.path('huge.log'), 40 * 1024 ** 3);
    const { text } = await project.agent.call('read_file', { path: 'huge.log', startLine: 2, endLine: 3 });
    assert.equal(text, '2\tline 2\n3\tline 3');
    const more = await project.agent.call('read_file', { path: 'huge.log' });
    assert.match(more.text, /\[Lines 1-2000 of more\. Read on with startLine 2001\.\]$/);
    const binary = await project.agent.call('read_file', { path: 'huge.log', startLine: 50_000 });
    assert.match(binary.text, /is a binary file \(40960\.0 MB\)/);
  });

  it('shows what the user typed and did not save, and says so', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'saved' });
    project.host.unsaved.set(project.path('a.txt'), 'typed');
    const { text } = await project.agent.call('read_file', { path: 'a.txt' });
    assert.match(text, /^1\ttyped\n\[a\.txt is open with unsaved changes/);
  });

  it('leaves a byte order mark out', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': '\uFEFFone' });
    assert.equal((await project.agent.call('read_file', { path: 'a.txt' })).text, '1\tone');
  });
});
