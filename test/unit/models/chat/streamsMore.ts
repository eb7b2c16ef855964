import { eventStream } from '../../../fakes/rawServer';
import { call, delta, end, LIST, READ, usage, type VendorStream } from './vendorStream';

export const MORE: readonly VendorStream[] = [
  {
    vendor: 'Qwen',
    modelId: 'qwen3-coder',
    body: eventStream([
      delta({ role: 'assistant', content: '' }),
      call(0, 'call_q', 'read_file', '{"path":'),
      // The name and an empty id are repeated.
      call(0, '', 'read_file', ' "a.ts"'),
      call(0, '', '', '}'),
      end('tool_calls'),
      usage({ prompt_tokens: 8, completion_tokens: 9, total_tokens: 17 }),
    ]),
    calls: [READ],
    finish: 'tool-calls',
    usage: [8, 9, undefined],
  },
  {
    vendor: 'Mistral',
    modelId: 'magistral-medium',
    body: eventStream([
      delta({ role: 'assistant', content: '' }),
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Well, ' }] }] }),
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'yes.' }] }] }),
      delta({ content: [{ type: 'text', text: 'Fine.' }] }),
      end('stop', { usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 } }),
    ]),
    text: 'Fine.',
    reasoning: 'Well, yes.',
    finish: 'stop',
    usage: [20, 10, undefined],
  },
  {
    vendor: 'MiniMax',
    modelId: 'MiniMax-M2',
    body: eventStream(
      [
        delta({ role: 'assistant', content: 'All ' }),
        delta({ content: 'good.' }, { finish_reason: 'stop' }),
        {
          object: 'chat.completion',
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'All good.' } }],
          usage: { total_tokens: 40, prompt_tokens: 30, completion_tokens: 10 },
          base_resp: { status_code: 0, status_msg: '' },
        },
      ],
      '',
    ),
    text: 'All good.',
    finish: 'stop',
    usage: [30, 10, undefined],
  },
  {
    vendor: 'Together',
    modelId: 'meta-llama/Llama-3.3-70B',
    body: eventStream([
      {
        id: 't',
        object: 'chat.completion.chunk',
        choices: [
          { index: 0, text: 'Sure', logprobs: null, delta: { token_id: 1, role: 'assistant', content: 'Sure' } },
        ],
        usage: null,
      },
      {
        id: 't',
        object: 'chat.completion.chunk',
        choices: [{ index: 0, text: '', finish_reason: 'eos', delta: { token_id: 2, content: '' } }],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      },
    ]),
    text: 'Sure',
    finish: 'stop',
    usage: [3, 2, undefined],
  },
  {
    vendor: 'Fireworks',
    modelId: 'accounts/fireworks/models/kimi-k2',
    body: eventStream([
      delta({ role: 'assistant' }),
      // Two calls at a time, mixed.
      delta({
        tool_calls: [
          { index: 0, id: 'call_x', type: 'function', function: { name: 'read_file', arguments: '{"pa' } },
          { index: 1, id: 'call_y', type: 'function', function: { name: 'list_files', arguments: '{"path"' } },
        ],
      }),
      delta({
        tool_calls: [
          { index: 1, function: { arguments: ':"src"}' } },
          { index: 0, function: { arguments: 'th":"a.ts"}' } },
        ],
      }),
      end('tool_calls', { usage: { prompt_tokens: 7, total_tokens: 19, completion_tokens: 12 } }),
    ]),
    calls: [READ, LIST],
    finish: 'tool-calls',
    usage: [7, 12, undefined],
  },
  {
    vendor: 'Ollama',
    modelId: 'qwen3:8b',
    body: eventStream([
      delta({ role: 'assistant', content: '', reasoning: 'Look.' }),
      delta({
        role: 'assistant',
        content: '',
        tool_calls: [
          { id: 'call_o', index: 0, type: 'function', function: { name: 'read_file', arguments: '{"path":"a.ts"}' } },
        ],
      }),
      // It says “stop” though it calls.
      end('stop'),
      usage({ prompt_tokens: 11, completion_tokens: 6, total_tokens: 17 }),
    ]),
    reasoning: 'Look.',
    calls: [READ],
    finish: 'tool-calls',
    usage: [11, 6, undefined],
    back: { reasoning: 'Look.' },
  },
  {
    vendor: 'LM Studio',
    modelId: 'gpt-oss-20b',
    body: eventStream([
      delta({ role: 'assistant' }),
      delta({
        tool_calls: [{ index: 0, id: '123', type: 'function', function: { name: 'list_files', arguments: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"path":"src"}' } }] }),
      end('tool_calls'),
    ]),
    calls: [LIST],
    finish: 'tool-calls',
    usage: [undefined, undefined, undefined],
  },
  {
    vendor: 'llama.cpp',
    modelId: 'model.gguf',
    body: eventStream([
      delta({ role: 'assistant', content: null }),
      // M5: arguments as an object, no id.
      delta({ tool_calls: [{ index: 0, function: { name: 'read_file', arguments: { path: 'a.ts' } } }] }),
      {
        ...end('tool_calls'),
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
        timings: { prompt_n: 12 },
      },
    ]),
    calls: [READ],
    finish: 'tool-calls',
    // Zeros beside an answer: it does not count.
    usage: [undefined, undefined, undefined],
  },
  {
    vendor: 'vLLM',
    modelId: 'org/model',
    body: eventStream([
      delta({ role: 'assistant', content: '', reasoning_content: null }),
      // Two copies of the reasoning under two names.
      delta({ reasoning_content: 'Once.', reasoning: 'Once.' }),
      delta({ content: 'Twice' }),
      end('length', { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'length', stop_reason: null }] }),
      usage({ prompt_tokens: 4, total_tokens: 9, completion_tokens: 5, prompt_tokens_details: null }),
    ]),
    text: 'Twice',
    reasoning: 'Once.',
    finish: 'length',
    usage: [4, 5, undefined],
    back: { reasoning_content: 'Once.' },
  },
  {
    vendor: 'Snowflake',
    modelId: 'claude-4-sonnet',
    // M28: no finish_reason at all.
    body: eventStream([
      { id: 's', model: 'claude-4-sonnet', choices: [{ delta: { content: 'Cold ' } }], usage: {} },
      { id: 's', model: 'claude-4-sonnet', choices: [{ delta: { content: 'indeed.' } }], usage: {} },
      {
        id: 's',
        model: 'claude-4-sonnet',
        choices: [],
        usage: { prompt_tokens: 18, completion_tokens: 4, total_tokens: 22 },
      },
    ]),
    text: 'Cold indeed.',
    finish: 'stop',
    usage: [18, 4, undefined],
  },
  {
    vendor: 'Google’s own endpoint',
    modelId: 'gemini-3-pro',
    body: eventStream([
      delta({
        role: 'assistant',
        tool_calls: [
          {
            index: 0,
            id: 'function-call-1',
            type: 'function',
            function: { name: 'read_file', arguments: '{"path":"a.ts"}' },
            extra_content: { google: { thought_signature: 'SigNed==' } },
          },
        ],
      }),
      end('tool_calls', { usage: { prompt_tokens: 6, completion_tokens: 2, total_tokens: 108 } }),
    ]),
    calls: [READ],
    finish: 'tool-calls',
    usage: [6, 102, undefined],
  },
  {
    vendor: 'a server of unknown ways',
    modelId: 'odd',
    // M4: what nobody knows is passed over. No index, no ids, arguments encoded twice, null, and a name in two pieces.
    body: `event: ping\ndata: {}\n\nid: 7\nretry: 3000\ndata: hello there\n\n${eventStream([
      { id: 'x', object: 'ping' },
      { id: 'x', choices: null },
      { choices: [] },
      [delta({ content: 'Odd', annotations: [{}], mood: { a: 1 } })],
      delta({ content: { type: 'text', text: '.' } }),
      delta({ tool_calls: [{ function: { name: 'read_', arguments: null } }] }),
      delta({ tool_calls: [{ function: { name: 'file' } }] }),
      delta({ tool_calls: [{ function: { arguments: JSON.stringify(JSON.stringify({ path: 'a.ts' })) } }] }),
      delta({ tool_calls: [{ function: { name: 'list_files', arguments: 'null' } }] }),
      delta({ tool_calls: null, function_call: null }),
      { error: null, ...end('function_call') },
    ]).replaceAll('\n', '\r\n')}`,
    text: 'Odd.',
    calls: [READ, { name: 'list_files', input: {} }],
    finish: 'tool-calls',
    usage: [undefined, undefined, undefined],
  },
];
