import * as fc from 'fast-check';
import type { AssistantPart, Message, ToolCall, ToolResult, UserOrigin } from '../../src/agent/messages';

/** Names of the models that an arbitrary transcript knows. */
export const MODELS = ['test/scripted', 'other/large'] as const;

const ORIGINS: readonly UserOrigin[] = ['user', 'completion', 'steer', 'task', 'continue', 'correction'];

/** Texts as models, tools and files write them: also blank ones, halves of characters, and what looks like JSON. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', ' ', '\n\n', '\u00a0', 'x\ud83d', '\ude00', '{"a":1}', '\\ud83d', 'Hello.'),
);
/** Few of them, so that they meet. */
const id = fc.constantFrom('call_0', 'call_1', 'functions.read_file:0', '', 'ü', 'x'.repeat(80), 'call_0_2');
const name = fc.constantFrom('read_file', 'read_file<|channel|>commentary', '', 'ö', 'functions.x', 'n'.repeat(99));
const input: fc.Arbitrary<unknown> = fc.oneof(
  fc.object({ key: text, values: [text, fc.boolean(), fc.constant(null)], maxDepth: 2 }),
  text,
  fc.constantFrom(null, [], 7, deep(150)),
);
const providerData = fc.record({ test: fc.record({ signature: text }) });
const call: fc.Arbitrary<ToolCall> = fc.record(
  { id, name, input, malformed: text },
  { requiredKeys: ['id', 'name', 'input'] },
);
const part: fc.Arbitrary<AssistantPart> = fc.oneof(
  fc.record(
    { type: fc.constantFrom('text' as const, 'reasoning' as const), text, providerData },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.record(
    { type: fc.constant('tool-call' as const), call, providerData, executed: fc.record({ text }) },
    { requiredKeys: ['type', 'call'] },
  ),
);
const result: fc.Arbitrary<ToolResult> = fc.record({
  callId: id,
  toolName: name,
  status: fc.constantFrom('ok', 'error', 'denied', 'interrupted'),
  text,
});

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant('user'), origin: fc.constantFrom(...ORIGINS), text }),
  fc.record({
    role: fc.constant('assistant'),
    parts: fc.array(part, { maxLength: 4 }),
    model: fc.constantFrom(...MODELS),
  }),
  fc.record({ role: fc.constant('tool'), results: fc.array(result, { maxLength: 4 }) }),
);

/** Messages in any order: what a crash, an older version or another provider may have left. */
export const anyTranscript = fc.array(anyMessage, { maxLength: 14 });

function deep(depth: number): unknown {
  return depth === 0 ? 'deep' : { a: deep(depth - 1) };
}
