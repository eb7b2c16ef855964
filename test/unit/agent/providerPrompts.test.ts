import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { toPrompt } from '../../../src/agent/modelPrompt';
import { toChatMessages } from '../../../src/vscode/languageModelPrompt';
import { anyTranscript, MODELS } from '../../fakes/anyTranscript';
import { ModelServer } from '../../fakes/modelServer';
import type { RequestMessage } from '../../fakes/modelServerWords';
import { assertWellFormed } from '../../fakes/promptRules';
import { ask, KINDS, modelOn } from '../models/endpointHarness';
import { SYSTEM } from './runHarness';

/** Steering may follow the results in one turn of the user's; the rest takes turns. */
const transcripts = anyTranscript.map((messages) =>
  messages.filter((message) => message.role !== 'user' || message.origin !== 'steer'),
);

describe('a prompt as a provider gets it', () => {
  for (const kind of KINDS) {
    it(`C74 is legal at one of kind ${kind}, whatever the transcript holds`, async () => {
      const server = await ModelServer.start(() => 'Hello.');
      const model = await modelOn(server, kind);
      try {
        await fc.assert(
          fc.asyncProperty(transcripts, fc.constantFrom(...MODELS), async (messages, name) => {
            await ask(model, { prompt: toPrompt(SYSTEM, messages, { name }) });
            const request = server.requests.at(-1);
            assert.ok(request !== undefined);
            assertTurns(request.messages);
            assertWellFormed(request.raw);
            assert.deepEqual(blankTexts(request.raw), []);
          }),
          { numRuns: 40 },
        );
      } finally {
        await server.close();
      }
    });
  }

  it('C74 is legal as VS Code’s models take it', () => {
    fc.assert(
      fc.property(anyTranscript, (messages) => {
        const chat = toChatMessages(toPrompt(SYSTEM, messages, { name: 'vscode/x/y' }));
        assertWellFormed(chat);
        let open: readonly string[] = [];
        for (const [index, { role, parts }] of chat.entries()) {
          assert.equal(role, index % 2 === 0 ? 'user' : 'assistant');
          assert.ok(parts.every((part) => part.type === 'call' || part.text.trim() !== ''));
          assert.deepEqual(
            parts.flatMap((part) => (part.type === 'result' ? [part.callId] : [])),
            open,
          );
          open = parts.flatMap((part) => (part.type === 'call' ? [part.id] : []));
        }
        assert.deepEqual(open, []);
      }),
    );
  });
});

/** Turns of the user's and the agent's, however a protocol cuts them up: each call is answered in the next one. */
function assertTurns(messages: readonly RequestMessage[]): void {
  const turns: { agent: boolean; calls: string[]; results: string[] }[] = [];
  for (const { role, toolCalls, toolResults } of messages) {
    const agent = role === 'assistant';
    if (turns.at(-1)?.agent !== agent) turns.push({ agent, calls: [], results: [] });
    turns.at(-1)?.calls.push(...toolCalls.map(({ id }) => id));
    turns.at(-1)?.results.push(...toolResults.map(({ id }) => id));
  }
  assert.equal(turns[0]?.agent, false);
  assert.equal(turns.at(-1)?.agent, false);
  for (const [index, { calls }] of turns.entries()) assert.deepEqual(turns[index + 1]?.results ?? [], calls);
}

/** The text blocks of a body that have nothing in them. */
function blankTexts(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const isBlank = 'type' in value && value.type === 'text' && 'text' in value && String(value.text).trim() === '';
  return [...(isBlank ? [value] : []), ...Object.values(value).flatMap(blankTexts)];
}
