import assert from 'node:assert/strict';
import type { ScriptedRequest } from './scriptedModel';

type Prompt = ScriptedRequest['prompt'];
type PromptMessage = Prompt[number];

/** What every provider insists on: turns alternate, and each call is answered once, right away (SPEC 4.1, C74). */
export function assertLegal(prompt: Prompt): void {
  const [system, ...messages] = prompt;
  assert.equal(system?.role, 'system');
  assert.equal(messages[0]?.role, 'user', 'a prompt begins with the user');
  assert.notEqual(messages.at(-1)?.role, 'assistant', 'a prompt does not end with the agent');
  for (const [i, message] of messages.entries()) {
    assertLegalContent(message);
    const next = messages[i + 1];
    const calls = callsIn(message);
    if (next === undefined) assert.deepEqual(calls, [], 'the last calls have no results');
    else if (calls.length > 0) assert.deepEqual(resultsIn(next), calls, 'calls and results do not match');
    else assert.ok(mayFollow(message, next), `message ${i + 1} follows wrongly`);
  }
  const ids = messages.flatMap(callsIn).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, 'a call id stands twice in a prompt');
  assertWellFormed(prompt);
}

/** No text in it, whatever the value is, holds half a character. */
export function assertWellFormed(value: unknown): void {
  // JSON writes the half of a character as an escape, a whole one as it is.
  const half = /(?:^|[^\\])(?:\\\\)*(\\ud[89a-f][0-9a-f]{2})/.exec(JSON.stringify(value));
  assert.equal(half?.[1], undefined, 'a text holds half a character');
}

/** Every request repeats the one before byte for byte and adds to it (SPEC C26). */
export function assertGrowing(requests: readonly ScriptedRequest[]): void {
  for (const [i, request] of requests.slice(1).entries()) {
    const before = requests[i]?.prompt ?? [];
    assert.equal(JSON.stringify(request.prompt.slice(0, before.length)), JSON.stringify(before));
    assert.ok(request.prompt.length > before.length, `request ${i + 2} adds nothing`);
    assert.deepEqual(request.tools, requests[i]?.tools);
  }
}

const LEGAL = /^[a-zA-Z0-9_-]{1,64}$/;

function assertLegalContent(message: PromptMessage): void {
  if (message.role === 'system') return;
  assert.ok(message.content.length > 0, 'a message is empty');
  for (const part of message.content) {
    if (part.type === 'text') assert.notEqual(part.text.trim(), '', 'a text block is blank');
    if (part.type === 'tool-call' || part.type === 'tool-result') {
      assert.match(part.toolCallId, LEGAL);
      assert.match(part.toolName, LEGAL);
    }
    if (part.type === 'tool-call')
      assert.ok(typeof part.input === 'object' && part.input !== null && !Array.isArray(part.input));
    if (part.type === 'tool-result' && (part.output.type === 'text' || part.output.type === 'error-text'))
      assert.notEqual(part.output.value.trim(), '', 'a result is blank');
  }
}

/** The user steers right after tool results; else user and agent take turns. */
function mayFollow(message: PromptMessage, next: PromptMessage): boolean {
  if (message.role === 'assistant') return next.role === 'user';
  return next.role === 'assistant' || isSteer(next);
}

function isSteer({ role, content }: PromptMessage): boolean {
  return role === 'user' && content[0]?.type === 'text' && content[0].text.startsWith('[The user adds');
}

/** What a call and its result have in common. */
interface Named {
  readonly id: string;
  readonly name: string;
}

function callsIn(message: PromptMessage): readonly Named[] {
  if (message.role !== 'assistant') return [];
  return message.content.flatMap((part) =>
    part.type === 'tool-call' ? [{ id: part.toolCallId, name: part.toolName }] : [],
  );
}

function resultsIn(message: PromptMessage): readonly Named[] {
  if (message.role !== 'tool') return [];
  return message.content.flatMap((part) =>
    part.type === 'tool-result' ? [{ id: part.toolCallId, name: part.toolName }] : [],
  );
}
