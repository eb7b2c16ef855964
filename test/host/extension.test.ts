import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS, ROW_COMMANDS } from '../../src/vscode/contributions';

describe('the extension', () => {
  const extension = vscode.extensions.all.find(({ id }) => id.endsWith('.fanout'));

  it('activates', async () => {
    assert.ok(extension);
    await extension.activate();
    assert.ok(extension.isActive);
  });

  it('registers every command that package.json declares', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const declared = [...Object.values(COMMANDS), ...Object.values(ROW_COMMANDS)];
    assert.deepEqual(
      declared.filter((command) => !registered.has(command)),
      [],
    );
  });
});
