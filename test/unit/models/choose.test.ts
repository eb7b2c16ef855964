import assert from 'node:assert/strict';
import type { AgentModel } from '../../../src/agent/model';
import { ModelChooser, type ModelChoiceSettings, type ModelPorts } from '../../../src/models/choose';
import type { LocalServer } from '../../../src/models/localServers';
import type { ProviderSettings } from '../../../src/models/providerSettings';
import { ModelServer } from '../../fakes/modelServer';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { ask, modelErrorOf } from './endpointHarness';

const ACME: ProviderSettings = { id: 'acme', kind: 'openai', models: [{ id: 'large' }, { id: 'small' }] };
const OLLAMA: LocalServer = {
  id: 'ollama',
  label: 'Ollama',
  baseUrl: 'http://127.0.0.1:11434/v1',
  models: [{ id: 'qwen3:8b' }],
};
const COPILOT = 'vscode/copilot/gpt-5';

interface World extends Partial<ModelChoiceSettings> {
  readonly keys?: Readonly<Record<string, string>>;
  readonly lastPicked?: string;
  readonly copilot?: boolean;
  readonly local?: readonly LocalServer[];
}

function chooserIn(world: World): ModelChooser {
  const { keys = {}, lastPicked, copilot = false, local = [], ...settings } = world;
  const copilotModel: AgentModel = new ScriptedModel(['hi'], { name: COPILOT });
  const ports: ModelPorts = {
    settings: () => ({ model: 'auto', providers: [], maxConcurrentRequests: undefined, ...settings }),
    keyOf: (id) => Promise.resolve(keys[id]),
    lastPicked: () => lastPicked,
    localServers: { known: local, find: () => Promise.resolve(local), soon: () => Promise.resolve(local) },
    vscode: {
      list: () => Promise.resolve(copilot ? [{ name: COPILOT, label: 'GPT-5', detail: 'Copilot' }] : []),
      allowed: () => Promise.resolve(copilot ? [COPILOT] : []),
      get: (name) => Promise.resolve(copilot && name === COPILOT ? copilotModel : undefined),
    },
  };
  return new ModelChooser(ports);
}

describe('ModelChooser', () => {
  describe('C67 says at once why a model cannot answer', () => {
    // P15
    const local: ProviderSettings = {
      id: 'here',
      kind: 'openai-compatible',
      baseUrl: 'http://localhost:1',
      models: [],
    };
    const world = { providers: [ACME, { ...ACME, id: 'keyless' }, local], keys: { acme: 'k' }, local: [OLLAMA] };
    for (const [name, sentence] of [
      ['acme/large', undefined],
      ['acme/lage', /^There is no model acme\/lage\. There are: acme\/large, .*ollama\/qwen3:8b, offline\./],
      ['acne/large', /^There is no model acne\/large\./],
      ['large', /^There is no model large\./],
      ['keyless/large', /^keyless has no API key\. Set it with/],
      ['here/anything', undefined],
      ['ollama/qwen3:8b', undefined],
      ['ollama/llama', /^There is no model ollama\/llama\./],
      ['vscode/copilot/gpt-5', undefined],
      ['offline', undefined],
      ['', undefined],
      ['auto', undefined],
    ] as const)
      it(`${name || 'the default'}: ${sentence === undefined ? 'it can' : sentence.source}`, async () => {
        const chooser = chooserIn(world);
        await chooser.lookAround();
        const problem = chooser.problemOf(name);
        if (sentence === undefined) assert.equal(problem, undefined);
        else assert.match(problem ?? '', sentence);
      });

    it('what the setting itself names counts as listed, and is looked at where a choice is left to it', async () => {
      const unlisted = chooserIn({ ...world, model: 'acme/new' });
      assert.deepEqual([unlisted.problemOf('acme/new'), unlisted.problemOf('auto')], [undefined, undefined]);
      const wrong = chooserIn({ ...world, model: 'nobody/new' });
      assert.match(wrong.problemOf('auto') ?? '', /^There is no model nobody\/new\./);
    });

    it('takes a provider of which it is not known yet whether it has a key', () => {
      assert.equal(chooserIn(world).problemOf('keyless/large'), undefined);
    });
  });

  const everything = { providers: [ACME], keys: { acme: 'k' }, copilot: true, local: [OLLAMA] };

  /** Each step of `auto`, with the one before taken away. */
  const steps: readonly [string, World, string][] = [
    ['the model that was picked last', { ...everything, lastPicked: COPILOT }, COPILOT],
    ['a configured provider with its key', everything, 'acme/large'],
    ['a model of VS Code', { ...everything, keys: {} }, COPILOT],
    ['a local server', { ...everything, keys: {}, copilot: false }, 'ollama/qwen3:8b'],
    ['offline', { providers: [ACME] }, 'offline'],
  ];
  for (const [what, world, name] of steps) {
    it(`auto takes ${what}`, async () => {
      assert.equal((await chooserIn(world).resolve('auto')).name, name);
    });
  }

  it('auto goes on where what was picked last is gone or has lost its key', async () => {
    assert.equal(
      (await chooserIn({ ...everything, copilot: false, lastPicked: COPILOT }).resolve('')).name,
      'acme/large',
    );
    assert.equal((await chooserIn({ providers: [ACME], lastPicked: 'acme/large' }).resolve('auto')).name, 'offline');
  });

  it('takes the window of a local server’s model from the server, and says what speaks against it (M30)', async () => {
    const local = [
      {
        ...OLLAMA,
        models: [
          { id: 'small', contextWindow: 4096, takesTools: true },
          { id: 'mute', contextWindow: 40_000, takesTools: false },
          { id: 'good', contextWindow: 40_000, takesTools: true },
        ],
      },
    ];
    const mine = { id: 'mine', kind: 'openai-compatible' as const, baseUrl: 'http://localhost:11434/v1' };
    const providers = [{ ...mine, models: [{ id: 'good' }, { id: 'small', contextWindow: 30_000 }] }];
    for (const [world, name, window, caution] of [
      [{ local }, 'ollama/small', 4096, /4096 tokens/],
      [{ local }, 'ollama/mute', 40_000, /takes no tools/],
      [{ local }, 'ollama/good', 40_000, /^$/],
      // Also where the settings name the server; what they say themselves counts.
      [{ local, providers }, 'mine/good', 40_000, /^$/],
      [{ local, providers }, 'mine/small', 30_000, /^$/],
      [{ local, providers }, 'mine/mute', 40_000, /takes no tools/],
    ] as const) {
      const model = await chooserIn(world).resolve(name);
      assert.equal(model.contextWindow, window);
      assert.match(model.caution ?? '', caution);
    }
    const details = (await chooserIn({ local }).list()).map(({ detail }) => detail);
    assert.match(details[0] ?? '', /4096 tokens/);
    assert.match(details[1] ?? '', /no tools/);
  });

  it('an empty name and auto mean the setting', async () => {
    const chooser = chooserIn({ ...everything, model: 'acme/small' });
    assert.equal((await chooser.resolve('')).name, 'acme/small');
    assert.equal((await chooser.resolve('auto')).name, 'acme/small');
  });

  it('resolves each form of a name, and model ids that the settings do not list', async () => {
    for (const name of ['offline', 'acme/small', 'acme/brand/new', COPILOT, 'ollama/qwen3:8b']) {
      assert.equal((await chooserIn(everything).resolve(name)).name, name);
    }
  });

  it('a name that is not known is answered with what there is', async () => {
    for (const name of ['nobody/x', 'nonsense', 'vscode/copilot/gone', 'ollama/gone']) {
      const error = await modelErrorOf(chooserIn(everything).resolve(name));
      assert.equal(error.kind, 'no-model');
      assert.equal(
        error.message,
        `There is no model ${name}. There are: acme/large, acme/small, ${COPILOT}, ollama/qwen3:8b, offline. Choose one with “Fanout: Select Model…”.`,
      );
    }
  });

  it('lists everything for a picker, saying where a key is missing and leaving out what is configured already', async () => {
    const mine: ProviderSettings = {
      id: 'mine',
      kind: 'openai-compatible',
      baseUrl: 'http://localhost:11434',
      models: [{ id: 'x' }],
    };
    const options = await chooserIn({ ...everything, providers: [ACME, mine], keys: {}, copilot: false }).list();
    assert.deepEqual(
      options.map(({ name, detail }) => [name, detail]),
      [
        ['acme/large', 'acme, api.openai.com: needs an API key'],
        ['acme/small', 'acme, api.openai.com: needs an API key'],
        ['mine/x', 'mine, localhost:11434'],
        ['offline', 'built in, no AI: tries Fanout out without a key'],
      ],
    );
  });

  it('C49 two models of one provider share one cap: 1 for a local server, else what the user set', async () => {
    for (const [maxConcurrentRequests, most] of [
      [undefined, 1],
      [3, 3],
    ] as const) {
      const doors = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
      const server = await ModelServer.start(async ({ index }) => {
        await doors[index]?.promise;
        return 'ok';
      });
      const provider: ProviderSettings = { id: 'box', kind: 'openai-compatible', baseUrl: server.url, models: [] };
      const chooser = chooserIn({ providers: [provider], maxConcurrentRequests });
      const models = await Promise.all(['a', 'b', 'a', 'b', 'a', 'b'].map((id) => chooser.resolve(`box/${id}`)));
      let waiting = 0;
      const answers = Promise.all(models.map((model) => ask(model, { onWait: () => waiting++ })));
      // All that do not wait are in flight before any is answered.
      await server.waitForRequest(models.length - waiting);
      for (const [index, door] of doors.entries()) {
        await server.waitForRequest(index + 1);
        door.resolve();
      }
      await answers;
      assert.equal(server.maxInFlight, most);
      await server.close();
    }
  });
});
