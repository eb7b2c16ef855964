import assert from 'node:assert/strict';
import { chatHtml } from '../../../src/vscode/chatHtml';

describe('chatHtml', () => {
  it('lets nothing run but the one script, and loads nothing from elsewhere', () => {
    const html = chatHtml({ cspSource: 'vscode-resource:', script: 'main.js', style: 'main.css', nonce: 'abc' });
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
    assert.match(policy, /^default-src 'none';/);
    assert.match(policy, /script-src 'nonce-abc'$/);
    assert.doesNotMatch(policy, /unsafe|https?:/);
    assert.equal(html.match(/<script/g)?.length, 1);
    assert.match(html, /<script nonce="abc" src="main\.js"><\/script>/);
  });
});
