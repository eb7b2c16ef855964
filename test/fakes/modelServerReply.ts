import type { ServerResponse } from 'node:http';
import type {
  HttpFailure,
  ModelRequest,
  Reply,
  ReplyWriter,
  ScriptedCall,
  ScriptedFinish,
  ScriptedUsage,
  Step,
} from './modelServerWords';

const CHUNK_CHARS = 12;

export function isFailure(reply: Reply): reply is HttpFailure {
  return typeof reply === 'object' && 'status' in reply;
}

export function isHangUp(reply: Reply): reply is { readonly hangUp: true } {
  return typeof reply === 'object' && 'hangUp' in reply;
}

/** Streams the steps of one answer, and ends it unless a step cut it off or the client went away. */
export async function streamReply(
  reply: string | Step | Iterable<Step> | AsyncIterable<Step>,
  writer: ReplyWriter,
  request: ModelRequest,
  response: ServerResponse,
): Promise<void> {
  const progress = new AnswerProgress(writer, request);
  const send = (frames: readonly string[]) => frames.forEach((frame) => response.write(frame));
  send(writer.open());
  for await (const step of stepsOf(reply)) {
    if (response.destroyed) return;
    if ('cut' in step) {
      await flushed(response);
      return cut(response);
    }
    send(progress.frames(step));
  }
  send(progress.close());
  response.end();
}

function stepsOf(reply: string | Step | Iterable<Step> | AsyncIterable<Step>): Iterable<Step> | AsyncIterable<Step> {
  if (typeof reply === 'string') return [{ text: reply }];
  return Symbol.iterator in reply || Symbol.asyncIterator in reply ? reply : [reply];
}

const cutResponses = new WeakSet<ServerResponse>();

/** Destroys the socket, as a server that dies does. */
export function cut(response: ServerResponse): void {
  cutResponses.add(response);
  response.destroy();
}

/** Whether it was us who ended it early, and not the client. */
export function wasCut(response: ServerResponse): boolean {
  return cutResponses.has(response);
}

/** What was written is on the wire: a cut must not swallow it. */
function flushed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.write('', () => resolve()));
}

/** Keeps what the end of an answer depends on: how much was sent, whether calls were made, what the script set. */
class AnswerProgress {
  readonly #writer: ReplyWriter;
  readonly #request: ModelRequest;
  #calls = 0;
  #chars = 0;
  #usage: ScriptedUsage | undefined;
  #finish: ScriptedFinish | undefined;

  constructor(writer: ReplyWriter, request: ModelRequest) {
    this.#writer = writer;
    this.#request = request;
  }

  frames(step: Exclude<Step, { cut: true }>): string[] {
    if ('text' in step) {
      this.#chars += step.text.length;
      return pieces(step.text, step.chunkChars ?? CHUNK_CHARS).flatMap((piece) => this.#writer.text(piece));
    }
    if ('reasoning' in step) return this.#writer.reasoning(step.reasoning, step.signature);
    if ('calls' in step) return this.#callFrames(step.calls, step.deltas ?? Infinity);
    if ('streamError' in step) return this.#writer.error(step.streamError);
    if ('usage' in step) this.#usage = step.usage;
    else this.#finish = step.finish;
    return [];
  }

  /** Frames of parallel calls; only the first `budget` argument deltas, and no end, where there are more. */
  #callFrames(scripted: readonly ScriptedCall[], budget: number): string[] {
    const calls = scripted.map((call) => {
      const index = this.#calls++;
      const text = typeof call.input === 'string' ? call.input : JSON.stringify(call.input);
      this.#chars += text.length;
      const id = call.id ?? `call_${this.#request.index}_${index}`;
      return { index, call: { ...call, id }, deltas: pieces(text, CHUNK_CHARS) };
    });
    const total = calls.reduce((sum, { deltas }) => sum + deltas.length, 0);
    let left = Math.min(budget, total);
    const writer = this.#writer;
    const delta = (call: (typeof calls)[number], i: number): string[] => {
      const piece = call.deltas[i];
      return piece === undefined || left-- <= 0 ? [] : writer.callDelta(call.index, piece);
    };
    const whole = left === total;
    if (!writer.interleaves)
      return calls.flatMap((call) =>
        left <= 0 && !whole
          ? []
          : [
              ...writer.callStart(call.index, call.call),
              ...call.deltas.flatMap((_, i) => delta(call, i)),
              ...(left > 0 || whole ? writer.callEnd(call.index) : []),
            ],
      );
    const rounds = Math.max(0, ...calls.map(({ deltas }) => deltas.length));
    return [
      ...calls.flatMap((call) => writer.callStart(call.index, call.call)),
      ...Array.from({ length: rounds }, (_, i) => calls.flatMap((call) => delta(call, i))).flat(),
      ...(whole ? calls.flatMap((call) => writer.callEnd(call.index)) : []),
    ];
  }

  close(): string[] {
    const finish = this.#finish ?? (this.#calls > 0 ? 'tool-calls' : 'stop');
    const estimate = { input: Math.ceil(this.#request.bytes / 4), output: Math.ceil(this.#chars / 4) + 1 };
    return this.#writer.close(finish, this.#usage ?? estimate);
  }
}

function pieces(text: string, size: number): string[] {
  const count = Math.ceil(text.length / size);
  return Array.from({ length: count }, (_, i) => text.slice(i * size, (i + 1) * size));
}
