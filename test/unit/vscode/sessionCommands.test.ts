import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SearchHit } from '../../../src/store/searchStore';
import { commandTable } from '../../../src/vscode/commandTable';
import { commandHarness } from './commandHarness';

describe('Export Session', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-export-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const [label, extension, format] of [
    ['Markdown', 'md', 'markdown'],
    ['JSON', 'json', 'json'],
  ] as const) {
    it(`writes the session in front as ${label} where the user says, and opens it on a click`, async () => {
      const options = { answers: [label], exported: ['the ', 'session'], saveIn: folder, wait: true };
      const { ports, prompts, done } = commandHarness(options);
      const shown = new Promise<void>((resolve) => prompts.onDidShow(resolve));
      const exported = commandTable(ports).exportSession(undefined);
      await shown;
      prompts.shown[0]?.click('Open');
      await exported;
      const file = join(folder, `fix-the-cart.${extension}`);
      assert.equal(readFileSync(file, 'utf8'), `${format}: the session`);
      assert.deepEqual([prompts.messages, done], [[`Exported to ${file}.`], [`open ${file}`]]);
    });
  }

  it('writes nothing where the user dismisses a question, or there is nothing to write', async () => {
    for (const options of [
      { exported: ['x'], saveIn: folder },
      { exported: ['x'], answers: ['JSON'] },
    ]) {
      const { ports, prompts } = commandHarness(options);
      await commandTable(ports).exportSession(undefined);
      assert.deepEqual(prompts.messages, []);
    }
    const { ports, prompts } = commandHarness({ answers: ['JSON'], saveIn: folder });
    await commandTable(ports).exportSession(undefined);
    assert.deepEqual([prompts.messages, prompts.offered], [['There is nothing in this session yet.'], []]);
  });
});

describe('Search Sessions', () => {
  const hit = (more: Partial<SearchHit> = {}): SearchHit => ({
    sessionId: 'cart',
    sessionTitle: 'The $(cart)',
    seq: 7,
    author: 'user',
    snippet: 'lose its\n  discount',
    at: 0,
    ...more,
  });
  const run = async (hits: readonly SearchHit[], ...answers: string[]) => {
    const harness = commandHarness({ hits, answers });
    await commandTable(harness.ports).searchSessions(undefined);
    return harness;
  };
  const CART = '$(person) The $\u200b(cart)';

  it('shows what is found, and opens the session of what is picked', async () => {
    const { prompts, done } = await run([hit(), hit({ snippet: 'other' })], 'disc', CART);
    assert.deepEqual(prompts.offered, [{ title: 'Search Sessions', labels: [CART] }]);
    assert.deepEqual(done, ['show session cart', 'open chat', 'show m7 in chat']);
  });

  it('shows the card of a result', async () => {
    const results = hit({ author: 'results', delegationId: 'deleg_1' });
    const { done } = await run([results], 'disc', '$(inbox) The $\u200b(cart)');
    assert.deepEqual(done, ['show session cart', 'open chat', 'show deleg_1 in chat']);
  });

  it('shows a result in the tree whose session was deleted', async () => {
    const lost = hit({ author: 'child', sessionId: 'deleted', sessionTitle: '', delegationId: 'deleg_1' });
    const { done } = await run([lost], 'disc', '$(inbox) Deleted session');
    assert.deepEqual(done, ['reveal deleg_1']);
  });
});
