import assert from 'node:assert/strict';
import { baseUrlOf, isLoopback } from '../../../src/models/baseUrl';
import { maskSecrets } from '../../../src/models/mask';
import { ProviderSettings } from '../../../src/models/providerSettings';

describe('baseUrlOf', () => {
  const written: readonly [ProviderSettings['kind'], string | undefined, string][] = [
    ['openai', undefined, 'https://api.openai.com/v1'],
    ['anthropic', undefined, 'https://api.anthropic.com/v1'],
    ['google', undefined, 'https://generativelanguage.googleapis.com/v1beta'],
    ['openai-compatible', 'http://localhost:1234', 'http://localhost:1234/v1'],
    ['openai-compatible', 'http://localhost:1234/', 'http://localhost:1234/v1'],
    ['openai-compatible', 'http://localhost:1234/v1/', 'http://localhost:1234/v1'],
    ['openai-compatible', 'https://acme.test/v1/chat/completions', 'https://acme.test/v1'],
    ['openai-compatible', 'https://acme.test/api/paas/v4', 'https://acme.test/api/paas/v4'],
    ['openai-compatible', 'https://acme.test/v1beta/openai/', 'https://acme.test/v1beta/openai'],
    ['anthropic', 'https://acme.test/anthropic', 'https://acme.test/anthropic/v1'],
    ['google', 'https://acme.test', 'https://acme.test/v1beta'],
  ];
  for (const [kind, baseUrl, result] of written) {
    it(`makes ${result} of ${baseUrl ?? 'nothing'} for ${kind}`, () => {
      assert.equal(baseUrlOf({ kind, ...(baseUrl === undefined ? {} : { baseUrl }) }), result);
    });
  }

  it('tells this machine from others', () => {
    for (const url of ['http://localhost:1', 'http://127.0.0.1', 'http://127.9.9.9:80', 'https://[::1]:8443']) {
      assert.ok(isLoopback(url), url);
    }
    for (const url of ['https://localhost.evil.test', 'http://10.0.0.1', 'https://127.0.0.1.evil.test']) {
      assert.ok(!isLoopback(url), url);
    }
  });
});

describe('ProviderSettings', () => {
  it('wants a base URL for openai-compatible, an id that can be named, and positive limits', () => {
    const good = { id: 'acme', kind: 'openai', models: [{ id: 'a' }] };
    assert.ok(ProviderSettings.safeParse(good).success);
    for (const bad of [
      { ...good, kind: 'openai-compatible' },
      { ...good, id: 'a/b' },
      { ...good, id: 'vscode' },
      { ...good, baseUrl: 'ftp://acme.test' },
      { ...good, models: [{ id: 'a', contextWindow: 0 }] },
    ]) {
      assert.ok(!ProviderSettings.safeParse(bad).success, JSON.stringify(bad));
    }
  });
});

describe('maskSecrets', () => {
  it('hides known keys and whatever looks like one', () => {
    const text = 'a secret-key, sk-ant-api03-abcdefghijkl, AIzaSyA0123456789012345678, Bearer abc.def';
    assert.equal(maskSecrets(text, ['secret-key', '']), 'a ***, ***, ***, Bearer ***');
  });
});
