import { eventStream } from '../../../fakes/rawServer';
import { call, delta, end, LIST, READ, usage, type VendorStream } from './vendorStream';

export const HOSTED: readonly VendorStream[] = [
  {
    vendor: 'OpenAI',
    modelId: 'gpt-5',
    body: eventStream([
      delta({ role: 'assistant', content: '', refusal: null }),
      delta({ content: 'Let me ' }),
      delta({ content: 'look.' }),
      call(0, 'call_a', 'read_file', ''),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"path":' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '"a.ts"}' } }] }),
      end('tool_calls'),
      usage({
        prompt_tokens: 50,
        completion_tokens: 20,
        total_tokens: 70,
        prompt_tokens_details: { cached_tokens: 32 },
        completion_tokens_details: { reasoning_tokens: 8 },
      }),
    ]),
    text: 'Let me look.',
    calls: [READ],
    finish: 'tool-calls',
    usage: [50, 20, 32],
    back: {},
  },
  {
    vendor: 'OpenRouter with Gemini',
    modelId: 'google/gemini-3-pro',
    body: `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${eventStream([
      delta({
        role: 'assistant',
        content: '',
        reasoning: 'I think ',
        reasoning_details: [{ type: 'reasoning.text', text: 'I think ', format: 'google-gemini-v1', index: 0 }],
      }),
      delta({
        content: '',
        reasoning: 'so.',
        reasoning_details: [{ type: 'reasoning.text', text: 'so.', format: 'google-gemini-v1', index: 0 }],
      }),
      call(0, 'tool_0_read_file', 'read_file', '{"path":"a.ts"}'),
      delta({
        content: '',
        reasoning_details: [
          {
            id: 'tool_0_read_file',
            type: 'reasoning.encrypted',
            data: 'EncRypTed==',
            format: 'google-gemini-v1',
            index: 1,
          },
        ],
      }),
      end('tool_calls', { native_finish_reason: 'STOP' }),
      usage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost: 0.01 }),
    ])}`,
    reasoning: 'I think so.',
    calls: [READ],
    finish: 'tool-calls',
    usage: [10, 5, undefined],
    // M21
    back: {
      reasoning_details: [
        { type: 'reasoning.text', text: 'I think so.', format: 'google-gemini-v1', index: 0 },
        {
          id: 'tool_0_read_file',
          type: 'reasoning.encrypted',
          data: 'EncRypTed==',
          format: 'google-gemini-v1',
          index: 1,
        },
      ],
    },
  },
  {
    vendor: 'Groq',
    modelId: 'openai/gpt-oss-120b',
    body: eventStream([
      { ...delta({ role: 'assistant', content: null }), x_groq: { id: 'req_1' } },
      delta({ reasoning: 'Files first.', channel: 'analysis' }),
      call(0, 'fc_1', 'list_files', '{"path":"src"}'),
      {
        ...end('tool_calls'),
        x_groq: { id: 'req_1', usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 } },
      },
    ]),
    reasoning: 'Files first.',
    calls: [LIST],
    finish: 'tool-calls',
    usage: [9, 4, undefined],
    // M20
    back: { reasoning: 'Files first.' },
  },
  {
    vendor: 'Cerebras',
    modelId: 'gpt-oss-120b',
    body: eventStream([
      delta({ role: 'assistant', reasoning: 'Hm.' }),
      delta({ content: 'Done.' }),
      end('stop', {
        usage: {
          prompt_tokens: 70,
          completion_tokens: 12,
          total_tokens: 82,
          prompt_tokens_details: { cached_tokens: 0 },
        },
        time_info: { queue_time: 0.1 },
      }),
    ]),
    text: 'Done.',
    reasoning: 'Hm.',
    finish: 'stop',
    usage: [70, 12, 0],
    back: { reasoning: 'Hm.' },
  },
  {
    vendor: 'xAI',
    modelId: 'grok-4',
    body: eventStream([
      {
        ...delta({ role: 'assistant', content: 'Y' }),
        usage: { prompt_tokens: 12, completion_tokens: 1, total_tokens: 353 },
      },
      { ...delta({ content: 'es' }), usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 354 } },
      end('stop'),
      // M29: reasoning is left out of completion_tokens.
      usage({
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 354,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 340 },
      }),
    ]),
    text: 'Yes',
    finish: 'stop',
    usage: [12, 342, 4],
  },
  {
    vendor: 'DeepSeek',
    modelId: 'deepseek-reasoner',
    body: `: keep-alive\n\n${eventStream([
      delta({ role: 'assistant', content: null, reasoning_content: '' }),
      delta({ content: null, reasoning_content: 'Think.' }),
      call(0, 'call_00_x', 'read_file', ''),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"path": "a.ts"}' } }] }),
      end('tool_calls', {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 30,
          total_tokens: 130,
          prompt_cache_hit_tokens: 64,
          prompt_cache_miss_tokens: 36,
        },
      }),
    ])}`,
    reasoning: 'Think.',
    calls: [READ],
    finish: 'tool-calls',
    usage: [100, 30, 64],
    back: { reasoning_content: 'Think.' },
  },
  {
    vendor: 'Kimi',
    modelId: 'kimi-k2-thinking',
    body: eventStream([
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning_content: 'Right.' }),
      call(0, 'functions.read_file:0', 'read_file', '{"path":"a.ts"}'),
      delta(
        {},
        {
          finish_reason: 'tool_calls',
          usage: { prompt_tokens: 19, completion_tokens: 21, total_tokens: 40, cached_tokens: 10 },
        },
      ),
    ]),
    reasoning: 'Right.',
    calls: [READ],
    finish: 'tool-calls',
    usage: [19, 21, 10],
    back: { reasoning_content: 'Right.' },
  },
  {
    vendor: 'GLM',
    modelId: 'glm-4.6',
    body: eventStream([
      delta({ role: 'assistant', reasoning_content: 'Both.' }),
      // Whole calls, each of index 0.
      call(0, 'call_1', 'read_file', '{"path":"a.ts"}'),
      call(0, 'call_2', 'list_files', '{"path":"src"}'),
      end('tool_calls', { usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 } }),
    ]),
    reasoning: 'Both.',
    calls: [READ, LIST],
    finish: 'tool-calls',
    usage: [5, 6, undefined],
  },
];
