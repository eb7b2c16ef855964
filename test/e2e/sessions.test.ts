import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SessionExport } from '../../src/session/exportSchema';
import { directedModel, MAIN, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

describe('sessions', () => {
  let model: DirectedModel;
  let workbench: Workbench;

  beforeEach(async () => {
    model = await directedModel();
    workbench = await openWorkbench({ settings: model.settings, forOneTest: true });
    await workbench.showFanout();
  });

  async function talk(text: string, answer: string): Promise<void> {
    await workbench.say(text);
    (await model.next(MAIN)).answer(answer);
    await workbench.chat().getByText(answer).waitFor();
  }

  /** Exports the session in front into the workspace, under the name that is suggested. */
  async function exportAs(format: 'Markdown' | 'JSON', name: string): Promise<string> {
    await workbench.command('Fanout: Export Session…');
    await workbench.quickPick(format).click();
    const box = workbench.quickInput();
    await workbench.page.waitForFunction(
      ([suffix]) => document.querySelector<HTMLInputElement>('.quick-input-widget input')?.value.endsWith(suffix ?? ''),
      [name],
    );
    await box.press('Enter');
    await workbench.notifications(`Exported to`).first().waitFor();
    await workbench.notifications(name).waitFor();
    return readFileSync(path.join(workbench.folder ?? '', name), 'utf8');
  }

  it('are found by the words in them, and exported as Markdown and as JSON', async () => {
    await talk('Why is the cart slow?', 'It asks for every discount twice.');
    await workbench.command('Fanout: New Session');
    await workbench.chat().getByText('Hand work to background agents').waitFor();
    await talk('Who wrote the parser?', 'Nobody knows.');

    await workbench.command('Fanout: Search Sessions…');
    await workbench.quickInput().fill('"discount* tw');
    await workbench.quickPick(/Why is the cart slow\?/).click();
    await workbench.chat().getByText('It asks for every discount twice.').waitFor();
    await workbench.chat().locator('textarea:focus').waitFor();

    const markdown = await exportAs('Markdown', 'why-is-the-cart-slow.md');
    assert.match(
      markdown,
      /^# Why is the cart slow\?\n[^]*\n> Why is the cart slow\?\n[^]*\n> It asks for every discount twice\.\n/,
    );
    const whole = SessionExport.parse(JSON.parse(await exportAs('JSON', 'why-is-the-cart-slow.json')));
    assert.deepEqual(
      whole.entries.map(({ entry }) => entry.role),
      ['user', 'assistant'],
    );
  });
});
