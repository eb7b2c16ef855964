import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, globalAgent, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ChatReply } from '../../../src/models/chat/chatReply';
import { readChatBody } from '../../../src/models/chat/chatBody';
import { send, wholeText } from '../../../src/models/http';
import { eventStream } from '../../fakes/rawServer';
import { ask } from './endpointHarness';
import { modelAt } from './chat/chatHarness';

const CHUNK = { choices: [{ delta: { content: 'Yes.' }, finish_reason: 'stop' }] };

describe('a body without an end', () => {
  let answer: (response: ServerResponse) => void;
  const server = createServer((_message, response) => answer(response));
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  after(() => {
    server.close().closeAllConnections();
  });
  const url = () => new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  const get = () => send({ method: 'GET', url: url(), headers: {} });

  it('of words about a failure is read to where nothing more comes', async () => {
    answer = (response) => response.writeHead(500).write('It is broken.');
    // The words may still be on their way.
    assert.ok('It is broken.'.startsWith(await wholeText(await get(), undefined, { most: 100, silenceMs: 1 })));
  });

  it('of words about a failure is read to its bound, and its socket closed', async () => {
    const closed = Promise.withResolvers<void>();
    answer = (response) => {
      response.once('close', closed.resolve);
      const more = () => void response.write('x'.repeat(60_000), (error) => (error ? undefined : more()));
      more();
    };
    assert.equal((await wholeText(await get(), undefined, { most: 100_000 })).length, 100_000);
    await closed.promise;
  });

  it('of a reply ends where the reply is complete and nothing more comes', async () => {
    answer = (response) => response.writeHead(200).write(eventStream([CHUNK], ''));
    const parts: string[] = [];
    const reply = (emit: ConstructorParameters<typeof ChatReply>[0]['emit']) =>
      new ChatReply({ providerId: 'acme', modelId: 'm', tools: new Set(), emit });
    for await (const part of readChatBody(await get(), reply, undefined, 1)) parts.push(part.type);
    assert.equal(parts.at(-1), 'finish');
  });

  // The reply is read to its end while its body has none yet: then the connection goes on to the next one as it was.
  it('leaves nothing behind on the connection where its end comes late', async () => {
    const model = await modelAt(url().href);
    const sockets: { socket: Socket; limit: number | undefined; listeners: number }[] = [];
    // The agent's own.
    const own = (globalAgent as { readonly options?: { readonly timeout?: number } }).options?.timeout;
    let late: ServerResponse | undefined;
    answer = (response) => {
      late = response.writeHead(200);
      response.write(eventStream([CHUNK]));
    };
    for (let i = 0; i < 3; i++) {
      await ask(model);
      // Here the server is done, and the client waits for the end of the body.
      const [socket] = Object.values(globalAgent.sockets)
        .flatMap((list) => list ?? [])
        .filter(({ remotePort }) => String(remotePort) === url().port);
      assert.ok(socket !== undefined);
      sockets.push({ socket, limit: socket.timeout, listeners: socket.listenerCount('timeout') });
      const free = once(globalAgent, 'free');
      late?.end();
      await free;
    }
    const [first, ...later] = sockets;
    for (const { socket, limit, listeners } of later) {
      assert.equal(socket, first?.socket);
      assert.deepEqual([limit, listeners], [first?.limit, first?.listeners]);
    }
    assert.equal(first?.limit, own);
  });
});
