import assert from 'node:assert/strict';
import { createLog } from '../../../src/vscode/log';
import { removeApiKey, setApiKey } from '../../../src/vscode/keyCommands';
import { ApiKeys } from '../../../src/vscode/secrets';
import { SecretMemory } from '../../fakes/secretMemory';
import { commandHarness } from './commandHarness';

describe('Set API Key…', () => {
  it('stores the key of the provider that is picked, and asks for it unseen', async () => {
    const providers = [{ id: 'acme', kind: 'openai' as const, models: [{ id: 'large' }] }];
    const { ports, prompts, keys } = commandHarness({ providers, answers: ['acme', ' secret-key '] });
    await setApiKey(ports);
    assert.deepEqual(prompts.offered[0]?.labels, ['acme', '$(add) Add a provider…']);
    assert.equal(prompts.asked[0]?.password, true);
    assert.match(prompts.asked[0].prompt, /api\.openai\.com/);
    assert.equal(await keys.get('acme'), 'secret-key');
  });

  it('adds a provider first where none is configured, and offers its model', async () => {
    const { ports, prompts, keys, providers, done } = commandHarness({
      answers: ['Anthropic', 'large-1', 'secret-key'],
      wait: true,
    });
    const running = setApiKey(ports);
    await new Promise<void>((resolve) => setImmediate(resolve));
    prompts.shown[0]?.click('Use anthropic/large-1');
    await running;
    assert.deepEqual(providers, [{ id: 'anthropic', kind: 'anthropic', models: [{ id: 'large-1' }] }]);
    assert.equal(await keys.get('anthropic'), 'secret-key');
    assert.deepEqual(done, ['pick anthropic/large-1']);
  });

  it('asks for the address of an endpoint, names it after its host, and needs no key for a local one', async () => {
    const remote = commandHarness({
      answers: ['OpenAI-compatible endpoint', 'https://api.acme.com/v1', 'large', 'secret-key'],
    });
    await setApiKey(remote.ports);
    assert.equal(remote.providers[0]?.id, 'acme');
    const local = commandHarness({ answers: ['Local server', 'http://127.0.0.1:8080/v1', 'tiny'] });
    await setApiKey(local.ports);
    assert.equal(local.providers[0]?.id, 'local-server');
    assert.ok(local.prompts.asked.every(({ password }) => password === undefined));
  });

  it('takes no address that is none', async () => {
    const { ports, prompts } = commandHarness({ answers: ['OpenAI-compatible endpoint', undefined] });
    await setApiKey(ports);
    const validate = prompts.asked[0]?.validate;
    assert.equal(validate?.('https://api.acme.com/v1'), undefined);
    assert.match(validate?.('acme') ?? '', /begins with http/);
  });

  it('gives a second provider of a kind an id of its own, and changes nothing when it is broken off', async () => {
    const providers = [{ id: 'openai', kind: 'openai' as const, models: [] }];
    const second = commandHarness({ providers, answers: ['$(add) Add a provider…', 'OpenAI', 'large', 'secret-key'] });
    await setApiKey(second.ports);
    assert.deepEqual(second.providers.at(-1)?.id, 'openai-2');
    const broken = commandHarness({ answers: ['OpenAI', undefined] });
    await setApiKey(broken.ports);
    assert.deepEqual(broken.providers, []);
  });
});

describe('Remove API Key…', () => {
  it('offers the providers that have one', async () => {
    const providers = ['one', 'two'].map((id) => ({ id, kind: 'openai' as const, models: [] }));
    const { ports, prompts, keys } = commandHarness({ providers, answers: ['two'] });
    await keys.set('two', 'secret-key');
    await removeApiKey(ports);
    assert.deepEqual(prompts.offered[0]?.labels, ['two']);
    assert.equal(await keys.get('two'), undefined);
  });
});

describe('API keys', () => {
  it('never stand in the log, replaced ones included', async () => {
    const keys = new ApiKeys(new SecretMemory());
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const log = createLog({ debug: write, info: write, warn: write, error: write, show() {} }, () => keys.seen());
    await keys.set('acme', 'first-key');
    await keys.set('acme', 'second-key');
    log.info('using first-key and second-key');
    log.error('Failed', new Error('bad second-key', { cause: new Error('Bearer other-key') }));
    assert.equal(lines[0], 'using *** and ***');
    assert.ok(!lines.join('\n').includes('-key'));
    assert.match(lines[1] ?? '', /^Failed: Error: bad \*\*\*[^]*Caused by: Error: Bearer \*\*\*/);
  });

  it('tell whose key changed', async () => {
    const storage = new SecretMemory();
    const keys = new ApiKeys(storage);
    const changed: string[] = [];
    keys.onDidChange((id) => changed.push(id));
    await keys.set('acme', 'secret-key');
    await storage.store('something.else', 'x');
    await keys.remove('acme');
    assert.deepEqual(changed, ['acme', 'acme']);
  });
});
