import assert from 'node:assert/strict';
import type { Message } from '../../../src/agent/messages';
import { renderTranscript } from '../../../src/vscode/renderTranscript';
import { inBackground, poolHarness, whenOver } from '../delegation/poolHarness';

const messages: readonly Message[] = [
  { role: 'user', origin: 'task', text: 'Read the cart.' },
  {
    role: 'assistant',
    model: 'test/scripted',
    parts: [
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'I look.\n```\n# forged heading' },
      { type: 'tool-call', call: { id: 'c1', name: 'read_file', input: { path: 'src/cart.ts' } } },
    ],
  },
  { role: 'tool', results: [{ callId: 'c1', toolName: 'read_file', status: 'ok', text: '```\n## forged\n```' }] },
  { role: 'user', origin: 'steer', text: 'Hurry.' },
];

describe('renderTranscript', () => {
  it('shows the task, every message, tool calls and results', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'Read the cart');
    await harness.children.release('Read the cart', 'It is a cart.');
    const over = await whenOver(harness.pool, id);
    const [child] = over.children;
    assert.ok(child);
    const text = renderTranscript(over, child, messages, harness.clock.now());
    assert.deepEqual(headingsOf(text), [
      `# ${id}.1`,
      '## Task',
      '## Agent',
      '### Calls `read_file`',
      '### `read_file`: ok',
      '## User, while it worked',
      '## completed',
    ]);
    assert.match(text, /"path": "src\/cart\.ts"/);
    assert.match(text, /- state: completed/);
  });

  it('keeps the last text and the error of one that did not end well', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'Fail');
    const held = await harness.children.held('Fail');
    held.end({ status: 'failed', exitReason: 'error', summary: 'So far', truncated: true, error: 'No route.' });
    const over = await whenOver(harness.pool, id);
    const [child] = over.children;
    assert.ok(child);
    const text = renderTranscript(over, child, [], harness.clock.now());
    assert.match(text, /## failed\n\n```\nNo route\.\n```\n\nIts last text:\n\n```\nSo far\n```/);
  });
});

/** The headings that a Markdown reader sees: lines within fences are none. */
function headingsOf(markdown: string): string[] {
  let fence: string | undefined;
  return markdown.split('\n').filter((line) => {
    const run = /^`{3,}/.exec(line)?.[0];
    if (fence === undefined && run !== undefined) fence = run;
    else if (fence !== undefined && line.trim() === fence) fence = undefined;
    else if (fence === undefined) return line.startsWith('#');
    return false;
  });
}
