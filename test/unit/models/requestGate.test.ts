import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { ModelError, StreamCutError, type Requester, type RequestWait } from '../../../src/agent/model';
import { RequestGate } from '../../../src/models/requestGate';
import { ManualClock } from '../../fakes/manualClock';
import { ModelServer } from '../../fakes/modelServer';
import { ask, modelErrorOf, modelOn } from './endpointHarness';

const never = new AbortController().signal;
const ignore: Requester = { isConversation: false, onWait: () => {} };
const conversation: Requester = { ...ignore, isConversation: true };
const child = (onWait: (wait: RequestWait) => void): Requester => ({ ...ignore, onWait });
const tooMany = (seconds?: number) => ({
  statusCode: 429,
  responseBody: '{"error":{"message":"slow down"}}',
  responseHeaders: seconds === undefined ? {} : { 'retry-after': String(seconds) },
});

describe('RequestGate', () => {
  const clock = new ManualClock();
  const gateOf = (cap: number, random = () => 1) => new RequestGate({ provider: 'acme', cap, clock, random });

  it('C49 in-flight requests never exceed the cap with 32 clients, a rate limit included, and all end', async () => {
    const refusals = [3, 8, 13, 18, 23, 28];
    const total = 32 + refusals.length;
    const doors = Array.from({ length: total }, () => Promise.withResolvers<void>());
    const server = await ModelServer.start(async ({ index }) => {
      await doors[index]?.promise;
      return refusals.includes(index) ? { status: 429, headers: { 'retry-after-ms': '1' } } : `answer ${index}`;
    });
    const model = await modelOn(server, 'openai-compatible', { cap: 4 });
    let waiting = 0;
    const onWait = ({ kind }: RequestWait) => kind === 'slot' && waiting++;
    const answers = Promise.all(Array.from({ length: 32 }, () => ask(model, { onWait })));
    // All that do not wait are in flight before any is answered.
    await server.waitForRequest(32 - waiting);
    for (const [index, door] of doors.entries()) {
      await server.waitForRequest(index + 1);
      door.resolve();
    }
    assert.equal(new Set((await answers).map(({ text }) => text)).size, 32);
    assert.equal(server.requests.length, total);
    assert.equal(server.maxInFlight, 4);
    await server.close();
  });

  it('lets requests in by order of arrival', async () => {
    const gate = gateOf(1);
    const order: number[] = [];
    const hold = Promise.withResolvers<void>();
    const first = gate.run(() => hold.promise, ignore, never);
    const others = [1, 2, 3].map((n) => gate.run(() => Promise.resolve(order.push(n)), ignore, never));
    hold.resolve();
    await Promise.all([first, ...others]);
    assert.deepEqual(order, [1, 2, 3]);
  });

  it('tells a waiting request why it waits', async () => {
    const gate = gateOf(1);
    const hold = Promise.withResolvers<void>();
    const waits: RequestWait[] = [];
    const first = gate.run(() => hold.promise, ignore, never);
    const second = gate.run(
      () => Promise.resolve(),
      child((wait) => waits.push(wait)),
      never,
    );
    assert.deepEqual(waits, [
      { kind: 'slot', reason: 'waiting for acme, which is busy with another request', delayMs: 0 },
    ]);
    hold.resolve();
    await Promise.all([first, second]);
  });

  it('an abort ends the wait for a place at once and leaves no listener', async () => {
    const gate = gateOf(1);
    const hold = Promise.withResolvers<void>();
    const first = gate.run(() => hold.promise, ignore, never);
    const abort = new AbortController();
    let started = false;
    const second = gate.run(() => Promise.resolve((started = true)), ignore, abort.signal);
    assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
    abort.abort(new Error('enough'));
    await assert.rejects(second, /enough/);
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
    hold.resolve();
    await first;
    assert.equal(started, false);
    await gate.run(() => Promise.resolve(), ignore, never);
  });

  it('keeps no listener and no timer after requests that succeeded, failed and waited', async () => {
    const gate = gateOf(2);
    const { signal } = new AbortController();
    let attempts = 0;
    const runs = Promise.all(
      [1, 2, 3, 4].map(() =>
        gate.run(() => (attempts++ === 0 ? Promise.reject(new StreamCutError()) : Promise.resolve()), ignore, signal),
      ),
    );
    await clock.waitForTimers();
    clock.advance(60_000);
    await runs;
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    assert.equal(clock.pending, 0);
  });

  it('holds no place while it backs off', async () => {
    const gate = gateOf(1);
    let attempts = 0;
    const failing = gate.run(
      () => (attempts++ === 0 ? Promise.reject(new StreamCutError()) : Promise.resolve('mended')),
      ignore,
      never,
    );
    await clock.waitForTimers();
    assert.equal(await gate.run(() => Promise.resolve('meanwhile'), ignore, never), 'meanwhile');
    clock.advance(60_000);
    assert.equal(await failing, 'mended');
  });

  it('makes all requests wait where the provider refuses one, also those in the queue', async () => {
    const gate = gateOf(1);
    const waits: string[] = [];
    let attempts = 0;
    const order: string[] = [];
    const refused = gate.run(
      () => {
        order.push('first');
        return attempts++ === 0 ? Promise.reject(asError(tooMany(30))) : Promise.resolve();
      },
      ignore,
      never,
    );
    const other = gate.run(
      () => Promise.resolve(order.push('second')),
      child(({ kind }) => waits.push(kind)),
      never,
    );
    await clock.waitForTimers();
    const later = gate.run(
      () => Promise.resolve(order.push('third')),
      child(({ kind, delayMs }) => waits.push(`${kind} ${delayMs}`)),
      never,
    );
    clock.advance(29_999);
    // M14: nor does the one that was next.
    assert.deepEqual(order, ['first']);
    clock.advance(1);
    await Promise.all([refused, other, later]);
    assert.deepEqual(order, ['first', 'first', 'second', 'third']);
    assert.deepEqual(waits, ['slot', 'backoff', 'backoff 30000']);
  });

  it('C58 the request of a conversation passes 20 waiting agents at a cap of 1', async () => {
    // P7
    const gate = gateOf(1);
    const order: string[] = [];
    const hold = Promise.withResolvers<void>();
    const first = gate.run(() => hold.promise, ignore, never);
    const agents = Array.from({ length: 20 }, (_, n) =>
      gate.run(() => Promise.resolve(order.push(`agent ${n}`)), ignore, never),
    );
    const chats = ['one', 'two'].map((name) => gate.run(() => Promise.resolve(order.push(name)), conversation, never));
    hold.resolve();
    await Promise.all([first, ...agents, ...chats]);
    assert.deepEqual(order, ['one', 'two', ...agents.map((_, n) => `agent ${n}`)]);
  });

  it('keeps its place among its kind for a request that is tried again', async () => {
    const gate = gateOf(1);
    const order: string[] = [];
    const hold = Promise.withResolvers<void>();
    let attempts = 0;
    const failing = gate.run(
      () => (attempts++ === 0 ? Promise.reject(new StreamCutError()) : Promise.resolve(order.push('failed once'))),
      ignore,
      never,
    );
    await clock.waitForTimers();
    const holding = gate.run(() => hold.promise, ignore, never);
    const agent = gate.run(() => Promise.resolve(order.push('agent')), ignore, never);
    const chat = gate.run(() => Promise.resolve(order.push('chat')), conversation, never);
    clock.advance(60_000);
    await settled();
    hold.resolve();
    await Promise.all([failing, holding, agent, chat]);
    assert.deepEqual(order, ['chat', 'failed once', 'agent']);
  });

  it('keeps one place for conversations where there are many', async () => {
    // P7
    const gate = gateOf(10);
    const hold = Promise.withResolvers<void>();
    const started: string[] = [];
    const run = (name: string, requester: Requester) =>
      gate.run(
        () => {
          started.push(name);
          return hold.promise;
        },
        requester,
        never,
      );
    const agents = Array.from({ length: 12 }, () => run('agent', ignore));
    await settled();
    assert.equal(started.length, 9);
    const chats = [run('chat', conversation), run('chat', conversation)];
    await settled();
    assert.deepEqual([started.length, started.at(-1)], [10, 'chat']);
    hold.resolve();
    await Promise.all([...agents, ...chats]);
  });

  it('lets no request out between a refusal and the quiet time that it begins', async () => {
    // M14
    const gate = gateOf(1);
    let sent = 0;
    const request = () => (sent++ === 0 ? Promise.reject(asError(tooMany(5))) : Promise.resolve());
    const runs = Promise.all([1, 2, 3].map(() => gate.run(request, ignore, never)));
    await clock.waitForTimers();
    await settled();
    assert.equal(sent, 1);
    clock.advance(5_000);
    await runs;
    assert.equal(sent, 4);
  });

  it('an abort ends a back-off at once', async () => {
    const gate = gateOf(1);
    for (const failure of [asError(tooMany(30)), new StreamCutError()]) {
      const abort = new AbortController();
      const run = gate.run(() => Promise.reject(failure), ignore, abort.signal);
      await clock.waitForTimers();
      abort.abort(new Error('enough'));
      await assert.rejects(run, /enough/);
      assert.equal(clock.pending, 0);
      clock.advance(60_000);
    }
  });

  it('backs off exponentially, with jitter, up to a minute, and gives up after ten refusals', async () => {
    const gate = gateOf(1, () => 0.5);
    const delays: number[] = [];
    const run = gate.run(
      () => Promise.reject(asError(tooMany())),
      child(({ kind, delayMs }) => kind === 'backoff' && delays.push(delayMs)),
      never,
    );
    const failed = modelErrorOf(run);
    for (let i = 0; i < 9; i++) {
      await clock.waitForTimers();
      clock.advance(clock.untilNext ?? 0);
    }
    assert.match(
      (await failed).message,
      /^acme still refuses requests after 10 attempts: too many at once \(429: slow down\)/,
    );
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('sends half as many at a time after a refusal, and more again with each success', async () => {
    const gate = gateOf(8);
    let inFlight = 0;
    let refusing = true;
    const doors: (() => void)[] = [];
    const request = async () => {
      if (refusing) throw asError(tooMany(1));
      inFlight++;
      await new Promise<void>((open) => doors.push(open));
      inFlight--;
    };
    const runs = Promise.all(Array.from({ length: 16 }, () => gate.run(request, ignore, never)));
    await clock.waitForTimers();
    await settled();
    refusing = false;
    clock.advance(1_000);
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      await settled();
      seen.push(inFlight);
      doors.splice(0).forEach((open) => open());
    }
    await runs;
    assert.deepEqual(seen, [4, 8, 4]);
  });

  it('takes a new cap at once', async () => {
    const gate = gateOf(1);
    const hold = Promise.withResolvers<void>();
    let started = 0;
    const request = () => {
      started++;
      return hold.promise;
    };
    const runs = [1, 2, 3].map(() => gate.run(request, ignore, never));
    await settled();
    assert.equal(started, 1);
    gate.cap = 2;
    await settled();
    assert.equal(started, 2);
    hold.resolve();
    await Promise.all(runs);
  });

  it('passes a ModelError through as it is, and does not retry what cannot be mended', async () => {
    const gate = gateOf(1);
    const refusal = new ModelError('refused', 'No.');
    await assert.rejects(
      gate.run(() => Promise.reject(refusal), ignore, never),
      refusal,
    );
    const bug = await modelErrorOf(gate.run(() => Promise.reject(new TypeError('x is undefined')), ignore, never));
    assert.match(bug.message, /x is undefined/);
  });
});

/** What the AI SDK throws, as far as the gate looks at it. */
function asError(fields: object): Error {
  return Object.assign(new Error('API call failed'), fields);
}

/** All promise jobs that are ready have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
