import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { httpFetch } from '../../../src/models/httpFetch';

describe('httpFetch', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async function bodyFrom(listener: RequestListener): Promise<ReadableStream<Uint8Array>> {
    const { body } = await httpFetch(await serve(listener));
    assert.ok(body !== null);
    return body;
  }

  it('sends the request as it is given, and tells status and headers, repeated ones too', async () => {
    const url = await serve((request, response) => {
      void text(request).then((sent) => {
        response.setHeader('x-said', [String(request.method), String(request.headers['x-mine'])]);
        response.writeHead(418).end(sent.toUpperCase());
      });
    });
    const response = await httpFetch(url, { method: 'POST', headers: { 'x-mine': 'yes' }, body: 'tea' });
    assert.deepEqual([response.status, response.ok], [418, false]);
    assert.equal(response.headers.get('x-said'), 'POST, yes');
    assert.equal(await response.text(), 'TEA');
  });

  it('passes a body on whole and in order, also one that is larger than what waits unread', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i}: ${'é'.repeat(i % 40)}\n`);
    const body = await bodyFrom((_request, response) => {
      for (const line of lines) response.write(line);
      response.end();
    });
    assert.equal(await text(body), lines.join(''));
  });

  it('gives what came together as one chunk', async () => {
    const body = await bodyFrom((_request, response) => {
      response.flushHeaders();
      for (const piece of ['a', 'b', 'c']) response.write(piece);
      response.end();
    });
    const chunks: string[] = [];
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) chunks.push(chunk);
    assert.deepEqual(chunks, ['abc']);
  });

  it('gives what has come before more does', async () => {
    const more = Promise.withResolvers<void>();
    const body = await bodyFrom((_request, response) => {
      response.write('first');
      void more.promise.then(() => response.end('second'));
    });
    const chunks: string[] = [];
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      chunks.push(chunk);
      more.resolve();
    }
    assert.deepEqual(chunks, ['first', 'second']);
  });

  it('closes the socket when the reader has had enough, also one that waits for more', async () => {
    const closed = Promise.withResolvers<void>();
    const body = await bodyFrom((_request, response) => {
      response.once('close', closed.resolve);
      response.write('and so on');
    });
    const reader = body.getReader();
    await reader.read();
    const waiting = reader.read();
    await reader.cancel();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    await closed.promise;
  });

  it('minds no end that came with what was read last', async () => {
    const body = await bodyFrom((_request, response) => response.end('all of it'));
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
  });

  it('survives an abort that comes together with the end of the body, read or not', async () => {
    const url = await serve((_request, response) => {
      response.write('all');
      response.end(' of it');
    });
    for (const isRead of [false, true]) {
      const abort = new AbortController();
      const { body } = await httpFetch(url, { signal: abort.signal });
      const reader = body?.getReader();
      if (isRead) await reader?.read();
      abort.abort(new Error('The agent is over.'));
      // It ends, whichever came first: the end or the abort.
      await reader?.closed.catch((error: unknown) => assert.match(String(error), /The agent is over/));
    }
    // What nobody listened to would come within this turn of the event loop.
    await setImmediate();
  });

  it('fails where the server breaks off, and where it is aborted', async () => {
    const abort = new AbortController();
    const url = await serve(({ url: path }, response) => {
      response.write('half', () => path === '/cut' && response.destroy());
    });
    await assert.rejects((await httpFetch(`${url}cut`)).text(), { code: 'ECONNRESET' });
    const waiting = (await httpFetch(url, { signal: abort.signal })).text();
    abort.abort();
    await assert.rejects(waiting);
  });
});
