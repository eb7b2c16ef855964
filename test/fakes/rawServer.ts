import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request as it came. */
export interface RawRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON; undefined where there is no body. */
  readonly body: unknown;
}

/** One answer, byte for byte. */
export interface RawAnswer {
  /** Defaults to 200. */
  readonly status?: number;
  /** `content-type` is that of an event stream where none is given. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Written one after the other. */
  readonly body: string | readonly (string | Buffer)[];
  /** Destroys the socket after the body instead of ending the answer. */
  readonly cut?: boolean;
  /** Never ends the answer. */
  readonly open?: boolean;
}

/** A server on loopback that says exactly what a test wants it to say, and remembers what it was asked. */
export class RawServer {
  readonly requests: RawRequest[] = [];
  /** Made by clients up to now. */
  connections = 0;
  answer: (request: RawRequest, index: number) => RawAnswer | Promise<RawAnswer>;
  readonly #server: Server;

  private constructor(answer: RawServer['answer']) {
    this.answer = answer;
    this.#server = createServer((message, response) => {
      void text(message).then(async (sent) => {
        const body: unknown = sent === '' ? undefined : JSON.parse(sent);
        const request = { path: message.url ?? '', headers: message.headers, body };
        this.requests.push(request);
        await write(await this.answer(request, this.requests.length - 1), response);
      });
    });
  }

  static async start(answer: RawServer['answer']): Promise<RawServer> {
    const server = new RawServer(answer);
    server.#server.on('connection', () => server.connections++).listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close().closeAllConnections();
    await closed;
  }
}

async function write(
  { status = 200, headers, body, cut = false, open = false }: RawAnswer,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
  for (const piece of typeof body === 'string' ? [body] : body) {
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  if (cut) response.destroy();
  else if (!open) response.end();
}

/** The chunks as an event stream, with what ends it. */
export function eventStream(chunks: readonly unknown[], end = 'data: [DONE]\n\n'): string {
  return chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join('') + end;
}
