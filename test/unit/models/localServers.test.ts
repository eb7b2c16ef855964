import assert from 'node:assert/strict';
import { findLocalServers, LOCAL_SERVERS } from '../../../src/models/localServers';
import { ModelServer } from '../../fakes/modelServer';

describe('findLocalServers', () => {
  let server: ModelServer;
  afterEach(() => server.close());

  /** Answers of each kind of server, and what is to be made of them. */
  const kinds: readonly [string, Readonly<Record<string, unknown>>, readonly object[]][] = [
    [
      'ollama',
      {
        '/api/version': { version: '0.12.0' },
        '/api/tags': { models: [{ name: 'qwen3:8b' }, { name: 'nomic-embed-text' }] },
      },
      [{ id: 'qwen3:8b' }],
    ],
    [
      'lmstudio',
      {
        '/api/v1/models': {
          models: [
            { key: 'gemma', type: 'llm', max_context_length: 4096 },
            { key: 'e5', type: 'embedding' },
          ],
        },
      },
      [{ id: 'gemma', contextWindow: 4096 }],
    ],
    [
      'llamacpp',
      {
        '/props': { default_generation_settings: { n_ctx: 8192 } },
        '/v1/models': { object: 'list', data: [{ id: 'model.gguf' }] },
      },
      [{ id: 'model.gguf', contextWindow: 8192 }],
    ],
    [
      'vllm',
      { '/v1/models': { object: 'list', data: [{ id: 'org/model', max_model_len: 16384 }] } },
      [{ id: 'org/model', contextWindow: 16384 }],
    ],
    ['jan', { '/v1/models': { object: 'list', data: [{ id: 'jan-v1' }] } }, [{ id: 'jan-v1' }]],
  ];
  for (const [id, routes, models] of kinds) {
    it(`recognises ${id} by the shape of its answers`, async () => {
      server = await ModelServer.start(() => 'hello', { routes });
      const found = await findLocalServers(LOCAL_SERVERS.filter((kind) => kind.id === id).map(at(server.url)));
      assert.deepEqual(
        found.map(({ baseUrl, models: listed }) => [baseUrl, listed]),
        [[`${server.url}/v1`, models]],
      );
    });
  }

  it('takes no other server for one, and none that is not there', async () => {
    server = await ModelServer.start(() => 'hello', {
      routes: { '/api/version': { name: 'something else' }, '/v1/models': { data: 'no list' }, '/props': [] },
    });
    assert.deepEqual(await findLocalServers(LOCAL_SERVERS.map(at(server.url))), []);
    const gone = server.url;
    await server.close();
    assert.deepEqual(await findLocalServers(LOCAL_SERVERS.map(at(gone))), []);
    server = await ModelServer.start(() => 'hello');
  });
});

function at(origin: string) {
  return (kind: (typeof LOCAL_SERVERS)[number]) => ({ ...kind, origin });
}
