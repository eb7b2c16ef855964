import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ICONS, toolIcon } from '../../../src/webview/icons';

describe('icons of the chat view', () => {
  it('are all in the icon font', async () => {
    const css = await readFile('node_modules/@vscode/codicons/dist/codicon.css', 'utf8');
    assert.deepEqual(
      ICONS.filter((icon) => !css.includes(`.codicon-${icon}:before`)),
      [],
    );
  });

  it('are guessed from the name of a tool', () => {
    assert.deepEqual(['read_file', 'run_command', 'delegate_task', 'edit_file', 'search', 'mystery'].map(toolIcon), [
      'file',
      'terminal',
      'type-hierarchy-sub',
      'edit',
      'search',
      'tools',
    ]);
  });
});
