import type { Load, Rewind, Template } from './exchanges';
import { fileOf, goalOf } from './script';

type Message = Readonly<Record<string, unknown>>;

interface Reply {
  readonly text: string;
  readonly callId: string;
  readonly call: string;
  readonly input: string;
}

/** The smallest program that sends these requests: no loop, no store, no tools. What no client can beat. Resolves at its end. */
export async function runFloor(url: string, load: Load, template: Template, rewind: Rewind): Promise<'done'> {
  if (load.warm) {
    await runOnce(url, load, template);
    await rewind();
  }
  return runOnce(url, load, template);
}

async function runOnce(url: string, load: Load, template: Template): Promise<'done'> {
  const ask = (body: object) => post(`${url}/v1/chat/completions`, body);
  const parent = JSON.parse(template.parent) as { messages: Message[] };
  const fanOut = await ask(parent);
  const parts = Array.from({ length: load.children }, (_, i) => i + 1);
  const summaries = await Promise.all(parts.map((part) => runChild(part, template.child, load, ask)));
  await ask({
    ...parent,
    messages: [...parent.messages, callMessage(fanOut), resultMessage(fanOut, summaries.join('\n'))],
  });
  return 'done';
}

async function runChild(
  part: number,
  template: string,
  { steps }: Load,
  ask: (body: object) => Promise<Reply>,
): Promise<string> {
  const body = JSON.parse(template.replaceAll(goalOf(1), goalOf(part))) as { messages: Message[] };
  const file = `export const ${fileOf(part)} = 1;\n`.repeat(40);
  for (let step = 1; step < steps; step++) {
    const reply = await ask(body);
    body.messages.push(callMessage(reply), resultMessage(reply, file));
  }
  return (await ask(body)).text;
}

function callMessage({ callId, call, input }: Reply): Message {
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: callId, type: 'function', function: { name: call, arguments: input } }],
  };
}

function resultMessage({ callId }: Reply, content: string): Message {
  return { role: 'tool', tool_call_id: callId, content };
}

interface Delta {
  readonly content?: string;
  readonly tool_calls?: readonly { id?: string; function?: { name?: string; arguments?: string } }[];
}

/** Reads a streamed answer to its end. */
async function post(url: string, body: object): Promise<Reply> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const reply = { text: '', callId: '', call: '', input: '' };
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const { choices } = JSON.parse(line.slice('data: '.length)) as { choices: readonly { delta: Delta }[] };
    const delta = choices[0]?.delta;
    const call = delta?.tool_calls?.[0];
    reply.text += delta?.content ?? '';
    reply.callId ||= call?.id ?? '';
    reply.call ||= call?.function?.name ?? '';
    reply.input += call?.function?.arguments ?? '';
  }
  return reply;
}
