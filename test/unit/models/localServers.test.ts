import assert from 'node:assert/strict';
import { LOCAL_SERVERS } from '../../../src/models/localProbes';
import { LocalServers } from '../../../src/models/localServers';
import { ManualClock } from '../../fakes/manualClock';
import { RawServer, type RawAnswer, type RawRequest } from '../../fakes/rawServer';

const json = (body: unknown): RawAnswer => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const NOTHING: RawAnswer = { status: 404, body: 'nothing here' };

type Routes = Readonly<Record<string, unknown>>;

const answering =
  (routes: Routes) =>
  ({ path, body }: RawRequest): RawAnswer => {
    const model = (body as { readonly model?: string } | undefined)?.model;
    const route = routes[model === undefined ? path : `${path} ${model}`];
    return route === undefined ? NOTHING : json(route);
  };

const at = (origin: string, ...ids: readonly string[]) =>
  LOCAL_SERVERS.filter(({ id }) => ids.length === 0 || ids.includes(id)).map((kind) => ({ ...kind, origin }));

describe('LocalServers', () => {
  let server: RawServer;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    server = await RawServer.start(() => NOTHING);
  });
  afterEach(() => server.close());

  const OLLAMA = {
    '/api/version': { version: '0.12.0' },
    '/api/tags': { models: [{ name: 'qwen3:8b', digest: 'd' }] },
  };

  /** Answers of each kind of server, and what is to be made of them. */
  const kinds: readonly [string, string, Routes, readonly object[]][] = [
    [
      'ollama',
      'by the shape of its answers',
      {
        '/api/version': { version: '0.12.0' },
        '/api/tags': { models: [{ name: 'qwen3:8b' }, { name: 'nomic-embed-text' }] },
      },
      // M30: it says nothing of the window, so its default holds.
      [{ id: 'qwen3:8b', contextWindow: 4096 }],
    ],
    [
      'ollama',
      'with the window that is loaded, that is set, or that is the most, and what takes tools (M30)',
      {
        '/api/version': { version: '0.12.0' },
        '/api/tags': { models: [{ name: 'loaded' }, { name: 'set' }, { name: 'small' }] },
        '/api/ps': { models: [{ name: 'loaded', context_length: 32768 }] },
        '/api/show loaded': { model_info: { 'qwen3.context_length': 40960 }, capabilities: ['completion', 'tools'] },
        '/api/show set': { parameters: 'stop "x"\nnum_ctx    16384', model_info: {}, capabilities: ['completion'] },
        '/api/show small': { model_info: { 'gemma.context_length': 2048 } },
      },
      [
        { id: 'loaded', contextWindow: 32768, takesTools: true },
        { id: 'set', contextWindow: 16384, takesTools: false },
        { id: 'small', contextWindow: 2048 },
      ],
    ],
    [
      'lmstudio',
      'with the window that is loaded, else its default',
      {
        '/api/v1/models': {
          models: [
            {
              key: 'gemma',
              type: 'llm',
              max_context_length: 131072,
              loaded_instances: [{ id: 'g', config: { context_length: 20000 } }],
              capabilities: { vision: false, trained_for_tool_use: true },
            },
            { key: 'phi', type: 'llm', max_context_length: 131072 },
            { key: 'e5', type: 'embedding' },
          ],
        },
      },
      [
        { id: 'gemma', contextWindow: 20000, takesTools: true },
        { id: 'phi', contextWindow: 4096 },
      ],
    ],
    [
      'llamacpp',
      'by the shape of its answers',
      {
        '/props': { default_generation_settings: { n_ctx: 8192 }, chat_template_caps: { supports_tools: false } },
        '/v1/models': { object: 'list', data: [{ id: 'model.gguf' }] },
      },
      [{ id: 'model.gguf', contextWindow: 8192, takesTools: false }],
    ],
    [
      'vllm',
      'by the shape of its answers',
      { '/v1/models': { object: 'list', data: [{ id: 'org/model', max_model_len: 16384 }] } },
      [{ id: 'org/model', contextWindow: 16384 }],
    ],
    [
      'jan',
      'by the shape of its answers',
      { '/v1/models': { object: 'list', data: [{ id: 'jan-v1' }] } },
      [{ id: 'jan-v1' }],
    ],
  ];
  for (const [id, how, routes, models] of kinds) {
    it(`recognise ${id} ${how}`, async () => {
      server.answer = answering(routes);
      const found = await new LocalServers({ kinds: at(server.url, id), clock }).find();
      assert.deepEqual(
        found.map(({ baseUrl, models: listed }) => [baseUrl, listed]),
        [[`${server.url}/v1`, models]],
      );
    });
  }

  it('take no other server for one, and none that is not there', async () => {
    server.answer = answering({
      '/api/version': { name: 'something else' },
      '/v1/models': { data: 'no list' },
      '/props': [],
    });
    assert.deepEqual(await new LocalServers({ kinds: at(server.url), clock }).find(), []);
    const gone = server.url;
    await server.close();
    assert.deepEqual(await new LocalServers({ kinds: at(gone), clock }).find(), []);
    server = await RawServer.start(() => NOTHING);
  });

  // M9
  it('look once for all who ask at a time, and remember', async () => {
    server.answer = answering(OLLAMA);
    const servers = new LocalServers({ kinds: at(server.url, 'ollama'), clock });
    await Promise.all(Array.from({ length: 8 }, () => servers.find('ollama')));
    const asked = server.requests.length;
    assert.equal(server.requests.filter(({ path }) => path === '/api/version').length, 1);
    await servers.find();
    assert.equal(server.requests.length, asked);
  });

  it('wait for a slow one at first, and keep what is known while it says nothing', async () => {
    const doors = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const base = answering(OLLAMA);
    server.answer = async (request) => {
      if (request.path === '/api/version') await doors[asked++]?.promise;
      return base(request);
    };
    const servers = new LocalServers({ kinds: at(server.url, 'ollama'), clock });
    const found = servers.find();
    await clock.waitForTimers();
    // Longer than a list of models waits.
    clock.advance(5_000);
    doors[0]?.resolve();
    assert.equal((await found).length, 1);
    clock.advance(60_000);
    // It generates: what was found is there at once, and it is asked on the quiet.
    assert.equal((await servers.find('ollama')).length, 1);
    await clock.waitForTimers();
    clock.advance(10_000);
    assert.equal((await servers.find('ollama')).length, 1);
    doors[1]?.resolve();
  });

  it('keep one that answers “busy”, and forget one after two looks that found nothing', async () => {
    server.answer = answering(OLLAMA);
    const servers = new LocalServers({ kinds: at(server.url, 'ollama'), clock });
    let changes = 0;
    servers.onDidChange(() => changes++);
    const look = async () => {
      clock.advance(60_000);
      await servers.find();
      // Ends with the look.
      await servers.soon();
      return servers.known.length;
    };
    assert.equal(await look(), 1);
    server.answer = () => ({ status: 503, body: 'server busy' });
    assert.deepEqual([await look(), await look(), await look(), changes], [1, 1, 1, 1]);
    server.answer = () => NOTHING;
    assert.deepEqual([await look(), await look(), changes], [1, 0, 2]);
  });

  it('give a list what answers soon', async () => {
    const door = Promise.withResolvers<void>();
    server.answer = async () => {
      await door.promise;
      return NOTHING;
    };
    const servers = new LocalServers({ kinds: at(server.url, 'ollama'), clock });
    const listed = servers.soon();
    await clock.waitForTimers(2);
    clock.advance(600);
    assert.deepEqual(await listed, []);
    door.resolve();
  });
});
