import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { FanoutApi } from '../../src/vscode/api';
import { COMMANDS, ROW_COMMANDS } from '../../src/vscode/contributions';

async function fanout(): Promise<FanoutApi> {
  const extension = vscode.extensions.getExtension<FanoutApi>('fanout.fanout');
  assert.ok(extension);
  return extension.activate();
}

const run = (command: string, ...args: readonly unknown[]) => vscode.commands.executeCommand(command, ...args);

describe('the commands in VS Code', () => {
  it('work on a delegation by its id: its transcript, its result, and off the list', async () => {
    const api = await fanout();
    const over = await api.delegate({ goal: 'Read README.md' });
    assert.ok('results' in over);
    const [result] = over.results;
    assert.equal(result?.status, 'completed');

    await run(ROW_COMMANDS.openTranscript, result.child_id);
    const document = vscode.window.visibleTextEditors.find(
      ({ document }) => document.uri.scheme === 'fanout-transcript',
    );
    assert.equal(document?.document.languageId, 'markdown');
    assert.match(document.document.getText(), /Read README\.md[^]*### Calls `read_file`[^]*## completed/);

    await run(ROW_COMMANDS.copyResult, over.delegation_id);
    assert.equal(await vscode.env.clipboard.readText(), result.summary);

    await run(ROW_COMMANDS.reveal, over.delegation_id);
    await run(ROW_COMMANDS.remove, over.delegation_id);
    assert.ok(!api.list().some(({ delegation_id }) => delegation_id === over.delegation_id));
  });

  it('C52 refuse what is new while paused, or queue it where the user wants that, until they resume', async () => {
    const api = await fanout();
    await run(COMMANDS.pause);
    const refused = await api.delegate({ goal: 'Read README.md' }, { background: true });
    assert.match('error' in refused ? refused.error : '', /paused/);

    const settings = vscode.workspace.getConfiguration('fanout');
    await settings.update('delegation.whenFull', 'queue', vscode.ConfigurationTarget.Global);
    const handle = await api.delegate({ goal: 'Read README.md' }, { background: true });
    const statusOf = () => api.list().at(-1)?.status;
    assert.ok('status' in handle && handle.status === 'dispatched');
    assert.equal(statusOf(), 'queued');
    await run(COMMANDS.stopAll);
    assert.equal(statusOf(), 'interrupted');
    await settings.update('delegation.whenFull', undefined, vscode.ConfigurationTarget.Global);
    await run(COMMANDS.resume);
  });

  it('say of a transcript that is gone that it is', async () => {
    const uri = vscode.Uri.parse('fanout-transcript:/deleg_00000000.1.md');
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /^# deleg_00000000\.1\n\nThis agent is not listed any more/);
  });
});
