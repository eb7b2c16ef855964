import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { anthropicProtocol } from './modelServerAnthropic';
import { chatProtocol } from './modelServerChat';
import { googleProtocol } from './modelServerGoogle';
import { cut, isFailure, isHangUp, streamReply, wasCut } from './modelServerReply';
import { responsesProtocol } from './modelServerResponses';
import type { ModelRequest, ProtocolSpeaker, Reply, Script } from './modelServerWords';

const PROTOCOLS: readonly ProtocolSpeaker[] = [chatProtocol, responsesProtocol, anthropicProtocol, googleProtocol];

export interface ModelServerOptions {
  /** Listed by `GET …/models`. */
  readonly models?: readonly string[];
  /** Answers of plain GETs by path: what a local server is recognised by. */
  readonly routes?: Readonly<Record<string, unknown>>;
  /** Every answer waits so long first. For benchmarks. */
  readonly latencyMs?: number;
}

interface Waiter {
  readonly matches: (request: ModelRequest) => boolean;
  readonly resolve: (request: ModelRequest) => void;
}

/**
 * A vendor on loopback: speaks four protocols over real HTTP, answers as its script says, and remembers every
 * request. Sockets, chunks, cuts and error bodies are real; only the thinking is scripted.
 */
export class ModelServer {
  /** Every model request, in order of arrival. */
  readonly requests: ModelRequest[] = [];
  /** Those whose client closed the socket before the answer was whole, in that order. */
  readonly closedByClient: ModelRequest[] = [];
  inFlight = 0;
  /** The most requests that were ever in flight at once. */
  maxInFlight = 0;
  script: Script;
  readonly #options: ModelServerOptions;
  readonly #server: Server;
  readonly #waiters = new Set<Waiter>();
  readonly #faults: unknown[] = [];

  private constructor(script: Script, options: ModelServerOptions) {
    this.script = script;
    this.#options = options;
    this.#server = createServer((message, response) => {
      this.#serve(message, response).catch((error: unknown) => {
        this.#faults.push(error);
        response.destroy();
      });
    });
  }

  static async start(script: Script, options: ModelServerOptions = {}): Promise<ModelServer> {
    const server = new ModelServer(script, options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** `http://127.0.0.1:<port>`; the vendors' base URLs are this with `/v1` (Google: `/v1beta`). */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The n-th request (from 1), or the first that matches; at once if it has come already. */
  waitForRequest(which: number | ((request: ModelRequest) => boolean)): Promise<ModelRequest> {
    const matches = typeof which === 'number' ? (request: ModelRequest) => request.index === which - 1 : which;
    const here = this.requests.find(matches);
    if (here !== undefined) return Promise.resolve(here);
    return new Promise((resolve) => this.#waiters.add({ matches, resolve }));
  }

  /** Closes every socket. Rejects if the script itself threw. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    if (this.#faults.length > 0) throw new AggregateError(this.#faults, 'The model server’s script threw.');
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(message.url ?? '/', 'http://loopback').pathname;
    if (message.method === 'GET') return this.#get(path, response);
    const protocol = PROTOCOLS.find((speaker) => speaker.matches(path));
    if (protocol === undefined) return sendJson(response, 404, { error: { message: `No such path: ${path}` } });
    const ended = this.#track(response);
    const body = await readBody(message);
    if (body === undefined) return;
    const raw: unknown = JSON.parse(body.toString());
    const request: ModelRequest = {
      ...protocol.parse(raw, path),
      protocol: protocol.protocol,
      raw,
      bytes: body.length,
      index: this.requests.length,
      headers: message.headers,
      ended: ended.then((how) => {
        if (how === 'client-closed') this.closedByClient.push(request);
        return how;
      }),
    };
    this.#record(request);
    if (this.#options.latencyMs !== undefined) await delay(this.#options.latencyMs);
    await answer(await this.script(request), protocol, request, response);
  }

  /** Counts an answer as in flight until it is over, and tells how it ended. */
  #track(response: ServerResponse): ModelRequest['ended'] {
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    return new Promise((resolve) => {
      response.once('close', () => {
        this.inFlight--;
        if (response.writableFinished) resolve('answered');
        else resolve(wasCut(response) ? 'cut' : 'client-closed');
      });
    });
  }

  #record(request: ModelRequest): void {
    this.requests.push(request);
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(request)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(request);
    }
  }

  #get(path: string, response: ServerResponse): void {
    const route = this.#options.routes?.[path];
    if (route !== undefined) return sendJson(response, 200, route);
    if (!path.endsWith('/models')) return sendJson(response, 404, { error: { message: `No such path: ${path}` } });
    const data = (this.#options.models ?? ['test-model']).map((id) => ({
      id,
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'test',
    }));
    sendJson(response, 200, { object: 'list', data });
  }
}

async function answer(
  reply: Reply,
  protocol: ProtocolSpeaker,
  request: ModelRequest,
  response: ServerResponse,
): Promise<void> {
  if (response.destroyed) return;
  if (isHangUp(reply)) return cut(response);
  if (isFailure(reply)) {
    const { status, body } = protocol.failure(reply, request.model);
    const retryAfter = reply.retryAfter === undefined ? {} : { 'retry-after': String(reply.retryAfter) };
    return sendJson(response, status, reply.body ?? body, { ...retryAfter, ...reply.headers });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  await streamReply(reply, protocol.writer(request), request, response);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** The whole body; undefined where the client went away before its end. */
async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
