import assert from 'node:assert/strict';
import type { ScriptedRequest } from './scriptedModel';

type Prompt = ScriptedRequest['prompt'];

/** What every provider insists on: turns alternate, and each call is answered once, right away (SPEC 4.1). */
export function assertLegal(prompt: Prompt): void {
  const [system, ...messages] = prompt;
  assert.equal(system?.role, 'system');
  assert.equal(messages[0]?.role, 'user', 'a prompt begins with the user');
  assert.notEqual(messages.at(-1)?.role, 'assistant', 'a prompt does not end with the agent');
  for (const [i, message] of messages.entries()) {
    const next = messages[i + 1];
    const calls = callsIn(message);
    if (next === undefined) assert.deepEqual(calls, [], 'the last calls have no results');
    else if (calls.length > 0) assert.deepEqual(resultsIn(next), calls, 'calls and results do not match');
    else
      assert.equal(next.role, message.role === 'assistant' ? 'user' : 'assistant', `message ${i + 1} follows wrongly`);
  }
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

function callsIn(message: Prompt[number]): readonly string[] {
  if (message.role !== 'assistant') return [];
  return message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []));
}

function resultsIn(message: Prompt[number]): readonly string[] {
  if (message.role !== 'tool') return [];
  return message.content.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []));
}
