import assert from 'node:assert/strict';
import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { offlineModel } from '../../../src/models/offline';

const ALL_TOOLS = [
  'read_file',
  'list_files',
  'find_files',
  'search_text',
  'edit_file',
  'write_file',
  'run_command',
  'get_problems',
  'delegate_task',
];

interface Call {
  readonly tool: string;
  readonly input: unknown;
}

interface Conversation {
  /** What each call gives, by tool; an Error is a failed call. */
  readonly results?: Readonly<Record<string, string | Error>>;
  readonly tools?: readonly string[];
  readonly system?: string;
}

/** Talks to the model as the agent loop does, until it makes no more calls. */
async function talk(request: string, { results = {}, tools = ALL_TOOLS, system = 'You help.' }: Conversation = {}) {
  const prompt: LanguageModelV4Message[] = [
    { role: 'system', content: system },
    { role: 'user', content: [{ type: 'text', text: request }] },
  ];
  const made: Call[] = [];
  for (let round = 0; round < 5; round++) {
    const { text, calls } = await next(prompt, tools);
    if (calls.length === 0) return { text, calls: made };
    made.push(...calls.map(({ toolName, input }) => ({ tool: toolName, input })));
    prompt.push({ role: 'assistant', content: calls });
    prompt.push({
      role: 'tool',
      content: calls.map(({ toolCallId, toolName }) => {
        const result = results[toolName] ?? new Error(`no result for ${toolName}`);
        const output =
          result instanceof Error
            ? ({ type: 'error-text', value: result.message } as const)
            : ({ type: 'text', value: result } as const);
        return { type: 'tool-result', toolCallId, toolName, output };
      }),
    });
  }
  throw new Error('It never came to an end.');
}

async function next(prompt: LanguageModelV4CallOptions['prompt'], tools: readonly string[]) {
  const parts = await stream(prompt, tools);
  const calls = parts.flatMap((part) =>
    part.type === 'tool-call'
      ? [
          {
            type: 'tool-call' as const,
            toolCallId: part.toolCallId,
            toolName: part.toolName,
            input: JSON.parse(part.input) as unknown,
          },
        ]
      : [],
  );
  return { text: parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join(''), calls };
}

async function stream(prompt: LanguageModelV4CallOptions['prompt'], tools: readonly string[]) {
  const answer = await offlineModel().languageModel.doStream({
    prompt,
    tools: tools.map((name) => ({ type: 'function', name, inputSchema: {} })),
  });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of answer.stream) parts.push(part);
  return parts;
}

describe('the offline model', () => {
  /** Requests in plain words, and the calls that they lead to. */
  const requests: readonly [string, readonly Call[]][] = [
    ['summarise src/a.ts', [{ tool: 'read_file', input: { path: 'src/a.ts' } }]],
    ['Please read `package.json`.', [{ tool: 'read_file', input: { path: 'package.json' } }]],
    ['Summarize the README', [{ tool: 'read_file', input: { path: 'README.md' } }]],
    ['read lines 10-20 of src/a.ts', [{ tool: 'read_file', input: { path: 'src/a.ts', startLine: 10, endLine: 20 } }]],
    ['What is in src/a.ts?', [{ tool: 'read_file', input: { path: 'src/a.ts' } }]],
    ['look at src/a.ts', [{ tool: 'read_file', input: { path: 'src/a.ts' } }]],
    [
      'read a.ts and b.ts',
      [
        { tool: 'read_file', input: { path: 'a.ts' } },
        { tool: 'read_file', input: { path: 'b.ts' } },
      ],
    ],
    ['list files', [{ tool: 'list_files', input: {} }]],
    ['list the files in src/agent', [{ tool: 'list_files', input: { path: 'src/agent' } }]],
    ['show the files in src', [{ tool: 'list_files', input: { path: 'src' } }]],
    ['list src', [{ tool: 'list_files', input: { path: 'src' } }]],
    ['list the tests', [{ tool: 'find_files', input: { pattern: '**/*{.,_,-}{test,spec}.*' } }]],
    ['find files *.md', [{ tool: 'find_files', input: { pattern: '*.md' } }]],
    ['search for "a b" in src', [{ tool: 'search_text', input: { pattern: 'a b', path: 'src' } }]],
    ['find all uses of activate', [{ tool: 'search_text', input: { pattern: 'activate' } }]],
    ['where is runAgent defined?', [{ tool: 'search_text', input: { pattern: 'runAgent' } }]],
    ['count the TODOs in src', [{ tool: 'search_text', input: { pattern: 'TODO', path: 'src', caseSensitive: true } }]],
    ['run `npm test -- --bail`', [{ tool: 'run_command', input: { command: 'npm test -- --bail' } }]],
    [
      'write "hello there" to notes.txt',
      [{ tool: 'write_file', input: { path: 'notes.txt', content: 'hello there' } }],
    ],
    ['show the problems', [{ tool: 'get_problems', input: {} }]],
    ['delegate: summarise README.md', [{ tool: 'delegate_task', input: { goal: 'summarise README.md' } }]],
    [
      'delegate these in the background: summarise README.md; list the tests; count the TODOs in src',
      [
        {
          tool: 'delegate_task',
          input: {
            tasks: [{ goal: 'summarise README.md' }, { goal: 'list the tests' }, { goal: 'count the TODOs in src' }],
          },
        },
      ],
    ],
    [
      'Delegate the following tasks:\n1. read a.ts\n2. read b.ts',
      [{ tool: 'delegate_task', input: { tasks: [{ goal: 'read a.ts' }, { goal: 'read b.ts' }] } }],
    ],
    [
      'delegate as orchestrator: delegate: read a.ts; read b.ts',
      [{ tool: 'delegate_task', input: { goal: 'delegate: read a.ts; read b.ts', role: 'orchestrator' } }],
    ],
    ['[The user adds while you work]\nlist files', [{ tool: 'list_files', input: {} }]],
    ['read src/a.ts\n\nContext:\nIt is about b.ts.', [{ tool: 'read_file', input: { path: 'src/a.ts' } }]],
  ];
  for (const [request, calls] of requests) {
    it(`does “${request.replaceAll('\n', ' / ')}” with ${calls[0]?.tool}`, async () => {
      assert.deepEqual((await talk(request)).calls, calls);
    });
  }

  it('summarises what it read by rules', async () => {
    const source = [
      '// Adds and takes away.',
      "import { x } from './x';",
      '',
      'export function add() {}',
      'function helper() {} // TODO',
    ];
    const read_file = source.map((line, index) => `${index + 1}\t${line}`).join('\n');
    const { text } = await talk('summarise src/a.ts', { results: { read_file } });
    assert.equal(
      text,
      '**src/a.ts**: 5 lines.\n- Its first comment: Adds and takes away.\n- Exports: add\n- Also defines: helper\n- Imports: ./x\n- TODOs: 1',
    );
  });

  it('says plainly what went wrong', async () => {
    const { text } = await talk('read gone.ts', { results: { read_file: new Error('There is no file gone.ts.') } });
    assert.equal(text, 'I could not read gone.ts: There is no file gone.ts.');
  });

  it('counts TODOs per file', async () => {
    const search_text = 'src/a.ts:3: // TODO x\nsrc/a.ts:9: // TODO y\nsrc/b.ts:1: TODO\n3 matches in 2 files';
    const { text } = await talk('count the TODOs in src', { results: { search_text } });
    assert.equal(text, 'TODOs in src: 3 matches in 2 files.\n\n- src/a.ts: 2\n- src/b.ts: 1');
  });

  it('reads a file before it edits it, and stops where that fails', async () => {
    const request = 'replace "old" with "new" in a.ts';
    const done = await talk(request, { results: { read_file: '1\told', edit_file: 'Changed.' } });
    assert.deepEqual(done.calls[1], {
      tool: 'edit_file',
      input: { path: 'a.ts', edits: [{ search: 'old', replace: 'new' }] },
    });
    assert.equal(done.text, 'Changed: a.ts.');
    const failed = await talk(request, { results: { read_file: new Error('There is no file a.ts.') } });
    assert.equal(failed.calls.length, 1);
    assert.match(failed.text, /There is no file a\.ts/);
  });

  it('names the handle of what it delegated', async () => {
    const delegate_task = JSON.stringify({
      status: 'dispatched',
      delegation_id: 'deleg_0a1b2c3d',
      goals: ['read a.ts', 'read b.ts'],
    });
    const { text } = await talk('delegate: read a.ts; read b.ts', { results: { delegate_task } });
    assert.match(
      text,
      /^Delegated 2 tasks to the background as deleg_0a1b2c3d:\n\n- read a\.ts\n- read b\.ts\n\nThe results will come back/,
    );
  });

  it('passes on results that it waited for, and a refusal', async () => {
    const results = [{ goal: 'read a.ts', status: 'completed', summary: 'It is short.' }];
    const waited = await talk('delegate: read a.ts', { results: { delegate_task: JSON.stringify({ results }) } });
    assert.equal(waited.text, 'All tasks are over.\n\n✓ read a.ts (completed)\nIt is short.');
    const refused = await talk('delegate: x', {
      results: { delegate_task: JSON.stringify({ error: 'Spawning is paused.' }) },
    });
    assert.equal(refused.text, 'Nothing was delegated: Spawning is paused.');
  });

  it('answers a completion block with its id and a line per task, and calls nothing', async () => {
    const block = [
      '[Delegation deleg_0a1b2c3d finished: completed, 2 tasks]',
      'TASK 1/2: read a.ts ✓',
      'Status: completed · model calls: 2',
      'TASK 2/2: read b.ts ✗',
      'Status: failed (error) · model calls: 1',
    ].join('\n');
    const { text, calls } = await talk(block);
    assert.equal(
      text,
      'The results of deleg_0a1b2c3d are here:\n\n1. read a.ts ✓ (completed)\n2. read b.ts ✗ (failed)\n\nThe full reports are in the card above.',
    );
    assert.deepEqual(calls, []);
  });

  it('says what it is, what it can do and how to get a real model, where it does not understand', async () => {
    for (const request of ['hi', 'Refactor src/a.ts to use promises', 'What can you do?']) {
      const { text, calls } = await talk(request);
      assert.match(text, /no AI, no network[^]*delegate these[^]*Fanout: Set API Key…/);
      assert.deepEqual(calls, []);
    }
  });

  it('says so where it lacks the tool', async () => {
    const { text } = await talk('delegate: read a.ts', { tools: ['read_file'] });
    assert.equal(text, 'I cannot do this here: delegate_task is not among the tools that I was given.');
  });

  it('gives the same prompt the same answer, in several deltas, with usage and fresh call ids', async () => {
    const prompt: LanguageModelV4Message[] = [{ role: 'user', content: [{ type: 'text', text: 'hello?' }] }];
    const first = await stream(prompt, ALL_TOOLS);
    assert.deepEqual(first, await stream(prompt, ALL_TOOLS));
    assert.ok(first.filter(({ type }) => type === 'text-delta').length > 3);
    const finish = first.find((part) => part.type === 'finish');
    assert.ok((finish?.usage.inputTokens.total ?? 0) > 0 && (finish?.usage.outputTokens.total ?? 0) > 50);
  });
});
