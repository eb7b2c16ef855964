import assert from 'node:assert/strict';
import type { Message } from '../../../src/agent/messages';
import type { Delegation } from '../../../src/delegation/delegation';
import { maskSecrets } from '../../../src/models/mask';
import { jsonOf } from '../../../src/session/exportJson';
import { markdownOf } from '../../../src/session/exportMarkdown';
import { SessionExport } from '../../../src/session/exportSchema';
import type { ExportSource } from '../../../src/session/exportSession';
import { exportParts } from '../../../src/session/exportSession';
import type { SessionEntry } from '../../../src/store/entries';
import { DISPATCHED_AT, done, finished } from '../delegation/blockHarness';

const KEY = 'sk-abcdefghijklmnop1234';
const SECRET = 'p"w\\1';

const call = { id: 'c', name: 'run_command', input: { command: `echo ${KEY}`, env: { [`X ${KEY}`]: SECRET } } };
const entries: readonly SessionEntry[] = [
  { role: 'user', origin: 'user', text: `Fix the <cart>, the key is ${KEY}.\n# Not a heading` },
  {
    role: 'assistant',
    model: 'acme/large',
    parts: [
      { type: 'reasoning', text: 'Hm.', providerData: { acme: { signature: 'opaque' } } },
      { type: 'text', text: 'Let me look.\n\n```html\n<b>\n```\n![x](https://example.com/x.png)' },
      { type: 'tool-call', call },
    ],
  },
  {
    role: 'tool',
    results: [{ callId: 'c', toolName: 'run_command', status: 'ok', text: '```\n</details>\n## You · forged' }],
  },
  { role: 'dispatched', delegationId: 'deleg_0a1b2c3d' },
  { role: 'notice', level: 'error', text: 'Bearer abc"def, and more', problem: 'auth' },
  { role: 'user', origin: 'completion', delegationId: 'deleg_0a1b2c3d', text: '[Delegation finished]\n~~~\nx\n~~~' },
];

const FAILED = { status: 'failed', exitReason: 'error', summary: '', truncated: false, error: 'boom' } as const;
const batch = finished([
  done('Audit the parser', 'It `overflows`.\n```\nx\n```'),
  { ...done('b', ''), ending: FAILED },
]);

function sourceOf(more: Partial<ExportSource> = {}): ExportSource {
  const transcript: readonly Message[] = [{ role: 'user', origin: 'task', text: `Use ${SECRET}` }];
  return {
    record: {
      id: 's1',
      title: `Fix # the <cart> ${KEY}`,
      model: '',
      createdAt: 0,
      updatedAt: DISPATCHED_AT,
      inbox: [],
    },
    entries: entries.map((entry, seq) => ({ seq, at: DISPATCHED_AT + seq * 60_000, entry })),
    delegations: [batch],
    transcriptOf: () => transcript,
    mask: (text) => maskSecrets(text, [SECRET]),
    now: DISPATCHED_AT,
    ...more,
  };
}

const json = (source = sourceOf()) => [...jsonOf(exportParts(source))].join('');
const markdown = (source = sourceOf()) => [...markdownOf(exportParts(source), { timeZone: 'UTC' })].join('');
const parsed = (text: string) => SessionExport.parse(JSON.parse(text));

describe('a session exported as JSON', () => {
  it('has the documented shape, to the last field, whatever is in it', () => {
    const whole = JSON.parse(json()) as unknown;
    assert.deepEqual(SessionExport.strict().parse(whole), whole);
    // M18: one reply of it came before tokens were kept.
    assert.equal(parsed(json()).spent?.costUsd, null);
    const empty = parsed(json(sourceOf({ entries: [], delegations: [] })));
    assert.deepEqual([empty.entries, empty.delegations], [[], []]);
  });

  it('holds every entry in order, with its time', () => {
    const { session, entries: exported } = parsed(json());
    assert.deepEqual(
      exported.map(({ entry }) => entry.role),
      entries.map(({ role }) => role),
    );
    assert.equal(exported[1]?.at, new Date(DISPATCHED_AT + 60_000).toISOString());
    assert.equal(session.updatedAt, new Date(DISPATCHED_AT).toISOString());
    assert.ok(!json().includes('opaque'), 'what only a provider understands stays out');
  });

  it('holds each delegation with its children, their full results and transcripts', () => {
    const [delegation] = parsed(json()).delegations;
    assert.equal(delegation?.status, 'completed');
    const [first, second] = delegation.children;
    assert.deepEqual([first?.goal, first?.summary], ['Audit the parser', 'It `overflows`.\n```\nx\n```']);
    assert.deepEqual([second?.status, second?.error], ['failed', 'boom']);
    assert.deepEqual(first?.transcript, [{ role: 'user', origin: 'task', text: 'Use ***' }]);
  });

  it('holds a delegation that runs, and leaves out what is no entry', () => {
    const [child] = batch.children;
    assert.ok(child);
    const progress = { ...child.progress, lastText: 'So far' };
    const running: Delegation = {
      ...batch,
      status: 'running',
      children: [
        { ...child, state: { status: 'running', startedAt: 5 }, progress },
        { ...child, state: { status: 'queued' } },
      ],
    };
    const odd = { role: 'assistant' } as unknown as SessionEntry;
    const source = sourceOf({ delegations: [running], entries: [{ seq: 7, at: 7, entry: odd }] });
    const { delegations, entries: left } = parsed(json(source));
    assert.deepEqual(left, []);
    assert.deepEqual(
      delegations[0]?.children.map(({ status, summary, startedAt }) => [status, summary, startedAt]),
      [
        ['running', 'So far', new Date(5).toISOString()],
        ['queued', '', undefined],
      ],
    );
  });
});

describe('a session exported', () => {
  it('holds no secret, and what is masked spoils nothing around it', () => {
    for (const text of [json(), markdown()]) {
      assert.ok(!text.includes(KEY));
      assert.ok(!text.includes(SECRET) && !text.includes(JSON.stringify(SECRET).slice(1, -1)));
      assert.ok(text.includes('***'));
    }
    const notice = parsed(json()).entries[4]?.entry;
    assert.deepEqual(notice, { role: 'notice', level: 'error', text: 'Bearer *** and more' });
  });

  it('is made piece by piece: nothing is read before its turn comes', () => {
    let read = 0;
    const transcriptOf = () => {
      read++;
      return [];
    };
    const pieces = jsonOf(exportParts(sourceOf({ transcriptOf })));
    let untilFirst = 0;
    while (read === 0 && pieces.next().done !== true) untilFirst++;
    assert.ok(untilFirst > entries.length);
    assert.equal(read, 1);
  });
});

describe('a session exported as Markdown', () => {
  it('says what it is, who said what and when', () => {
    const lines = markdown().split('\n');
    assert.equal(lines[0], '# Fix \\# the \\<cart\\> \\*\\*\\*');
    const headings = lines.filter((line) => /^#+ /.test(line));
    assert.deepEqual(headings.slice(1), [
      '## You · 2026-11-22 12:05',
      '## Agent · 2026-11-22 12:06 · `acme/large`',
      // Inside its fence.
      '## You · forged',
      '## Results of a delegation · 2026-11-22 12:10',
      '# Delegations',
      '## deleg_0a1b2c3d',
      '### deleg_0a1b2c3d.1: Audit the parser',
      '### deleg_0a1b2c3d.2: b',
    ]);
  });

  it('quotes messages, with their Markdown but without tags and pictures', () => {
    const text = markdown();
    assert.ok(text.includes('> Fix the &lt;cart>, the key is ***.\n> # Not a heading'));
    assert.ok(text.includes('> ```html\n> <b>\n> ```\n> !\\[x]'));
  });

  it('folds tool calls and results into fences that they cannot close', () => {
    const text = markdown();
    assert.ok(
      text.includes('<details><summary>run_command: ok</summary>\n\n````\n```\n</details>\n## You · forged\n````'),
    );
    assert.match(text, /<summary>Calls run_command<\/summary>\n\n```json\n\{\n {2}"command": "echo \*\*\*"/);
    assert.ok(text.includes('<details><summary>deleg_0a1b2c3d</summary>\n\n```\n[Delegation finished]'));
  });

  it('gives each child its state and its full result', () => {
    const text = markdown();
    assert.ok(text.includes('- state: completed\n'));
    assert.ok(text.includes('Result:\n\n````markdown\nIt `overflows`.\n```\nx\n```\n````'));
    assert.ok(text.includes('- state: failed (error)'));
    assert.ok(text.includes('Error:\n\n```\nboom\n```'));
  });
});
