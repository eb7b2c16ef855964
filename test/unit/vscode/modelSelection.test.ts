import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { ModelChooser } from '../../../src/models/choose';
import type { LocalServer } from '../../../src/models/localServers';
import { ModelSelection } from '../../../src/vscode/modelSelection';

function serverWith(id: string): LocalServer {
  return { id: 'ollama', label: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', models: [{ id }] };
}

/** A memory that keeps nothing. */
const memory = { keys: () => [], get: () => undefined, update: () => Promise.resolve() };

describe('ModelSelection', () => {
  // M16
  it('goes by the newest of refreshes that overlap, whichever ends first', async () => {
    const looks: PromiseWithResolvers<readonly LocalServer[]>[] = [];
    const find = () => {
      const look = Promise.withResolvers<readonly LocalServer[]>();
      looks.push(look);
      return look.promise;
    };
    const chooser = new ModelChooser({
      settings: () => ({ model: 'auto', providers: [], maxConcurrentRequests: undefined }),
      keyOf: () => Promise.resolve(undefined),
      lastPicked: () => undefined,
      localServers: { known: [], find, soon: find },
      vscode: {
        list: () => Promise.resolve([]),
        allowed: () => Promise.resolve([]),
        get: () => Promise.resolve(undefined),
      },
    });
    const selection = new ModelSelection({
      chooser,
      setting: () => 'auto',
      memory,
      onError: (message) => assert.ok(false, message),
    });
    selection.refresh();
    await setImmediate();
    const older = looks.splice(0);
    selection.refresh();
    await setImmediate();
    for (const look of looks) look.resolve([serverWith('new')]);
    await setImmediate();
    assert.equal(selection.nameOf(''), 'ollama/new');
    for (const look of older) look.resolve([serverWith('old')]);
    await setImmediate();
    assert.equal(selection.nameOf(''), 'ollama/new');
  });
});
