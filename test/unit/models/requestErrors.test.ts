import assert from 'node:assert/strict';
import type { ProviderKind } from '../../../src/models/providerSettings';
import { ManualClock } from '../../fakes/manualClock';
import { ModelServer } from '../../fakes/modelServer';
import type { HttpFailure } from '../../fakes/modelServerWords';
import { API_KEY, ask, KINDS, modelErrorOf, modelOn } from './endpointHarness';

/** Each failure that no further attempt mends: what the vendor answers, the kind of the error, words of its sentence. */
const FINAL: readonly [string, HttpFailure, string, RegExp][] = [
  [
    'a wrong key',
    { status: 401 },
    'auth',
    /^acme did not accept the API key \(.*Set another one with “Fanout: Set API Key…”\.$/,
  ],
  [
    'a model that is not there',
    { status: 404 },
    'not-found',
    /^acme does not offer acme\/\S+ \(404: .*Fanout: Select Model…/,
  ],
  [
    'a context overflow',
    { status: 400, why: 'context' },
    'context-overflow',
    /^The conversation is too long for acme\//,
  ],
  ['a request that is not understood', { status: 400 }, 'bad-request', /^acme did not understand the request \(400: /],
];

for (const kind of KINDS) {
  describe(`errors of a provider of kind ${kind}`, () => {
    let server: ModelServer;
    beforeEach(async () => {
      server = await ModelServer.start(() => 'hello');
    });
    afterEach(() => server.close());

    for (const [name, failure, errorKind, sentence] of FINAL) {
      it(`${name} is told at once, in one sentence`, async () => {
        server.script = () => failure;
        const error = await modelErrorOf(ask(await modelOn(server, kind)));
        assert.equal(error.kind, errorKind);
        assert.match(error.message, sentence);
        assert.equal(server.requests.length, 1);
      });
    }

    it('waits as long as a 429 asks for, and says so', async () => {
      const clock = new ManualClock();
      server.script = ({ index }) => (index === 0 ? { status: 429, retryAfter: 120 } : 'Thanks.');
      const waits: string[] = [];
      const answer = ask(await modelOn(server, kind, { clock }), { onWait: ({ reason }) => waits.push(reason) });
      await clock.waitForTimers();
      assert.equal(clock.untilNext, 120_000);
      clock.advance(119_999);
      assert.equal(server.requests.length, 1);
      clock.advance(1);
      assert.equal((await answer).text, 'Thanks.');
      assert.deepEqual(waits, ['rate limited by acme, trying again in 2 min']);
    });

    for (const status of [500, 529]) {
      it(`tries again after ${status}`, async () => {
        server.script = ({ index }) => (index === 0 ? { status } : 'Better.');
        assert.equal((await ask(await modelOn(server, kind))).text, 'Better.');
        assert.equal(server.requests.length, 2);
      });
    }

    it('gives up a server that keeps failing after four attempts', async () => {
      server.script = () => ({ status: 500 });
      const error = await modelErrorOf(ask(await modelOn(server, kind)));
      assert.equal(error.kind, 'server');
      assert.match(error.message, /^acme failed after 4 attempts \(500: .*\)\. Try again later\.$/);
      assert.equal(server.requests.length, 4);
    });

    it('tries again after an error within the stream', async () => {
      server.script = ({ index }) => (index === 0 ? [{ text: 'Well, ' }, { streamError: 'Overloaded' }] : 'Now.');
      assert.equal((await ask(await modelOn(server, kind))).text, 'Now.');
    });

    it('never shows the key, even where the vendor quotes it', async () => {
      server.script = () => ({
        status: 401,
        body: { error: { message: `bad key ${API_KEY}, or sk-other-0123456789abcd` } },
      });
      const error = await modelErrorOf(ask(await modelOn(server, kind)));
      assert.match(error.message, /bad key \*\*\*, or \*\*\*/);
      assert.equal(error.cause, undefined);
    });
  });
}

describe('errors of any provider', () => {
  let server: ModelServer;
  const on = (kind: ProviderKind = 'openai-compatible', clock?: ManualClock) =>
    modelOn(server, kind, clock === undefined ? {} : { clock });
  beforeEach(async () => {
    server = await ModelServer.start(() => 'hello');
  });
  afterEach(() => server.close());

  it('a spent quota is not waited for', async () => {
    server.script = () => ({ status: 429, why: 'quota' });
    const error = await modelErrorOf(ask(await on()));
    assert.equal(error.kind, 'rate-limit');
    assert.match(error.message, /^The quota or credit at acme is used up \(429: /);
    assert.equal(server.requests.length, 1);
  });

  it('a Retry-After beyond ten minutes fails, naming the time', async () => {
    const clock = new ManualClock();
    server.script = () => ({ status: 429, retryAfter: 7_500 });
    const error = await modelErrorOf(ask(await on('openai', clock)));
    const until = new Date(clock.now() + 7_500_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    assert.equal(
      error.message,
      `acme takes no further requests for 2 h 5 min, until ${until}. Nothing was lost: try again then, or choose another model.`,
    );
  });

  it('Retry-After may be a date, or milliseconds, and Google names it in the body', async () => {
    for (const [kind, failure, delay] of [
      ['openai', { status: 429, retryAfter: new Date(Date.UTC(2026, 0, 1, 12, 1)).toUTCString() }, 60_000],
      ['openai', { status: 429, headers: { 'retry-after-ms': '250' } }, 250],
      ['google', { status: 429 }, 7_000],
    ] as const) {
      const clock = new ManualClock();
      const first = server.requests.length;
      server.script = ({ index }) => (index === first ? failure : 'ok');
      const answer = ask(await on(kind, clock));
      await clock.waitForTimers();
      assert.equal(clock.untilNext, delay);
      clock.advance(delay);
      await answer;
    }
  });

  // M23
  it('a Retry-After that names no wait is none: the next attempt waits as without it', async () => {
    for (const retryAfter of ['0', '-5', 'soon', '', 'Thu, 01 Jan 2015 00:00:00 GMT', 'NaN']) {
      const clock = new ManualClock();
      const first = server.requests.length;
      server.script = ({ index }) => (index === first ? { status: 429, retryAfter } : 'ok');
      const answer = ask(await modelOn(server, 'openai', { clock, random: () => 0.5 }));
      await clock.waitForTimers();
      assert.equal(clock.untilNext, 1_000, retryAfter);
      clock.advance(1_000);
      await answer;
    }
  });

  it('a Retry-After of days, or of no number that there is, ends at once, and names the day', async () => {
    for (const retryAfter of ['86400', '1e300', 'Infinity', 'Fri, 01 Jan 2038 00:00:00 GMT']) {
      const first = server.requests.length;
      server.script = () => ({ status: 429, retryAfter });
      const { message } = await modelErrorOf(ask(await on('openai', new ManualClock())));
      assert.match(message, /takes no further requests for \d+ h, until .*20(26|27)/, retryAfter);
      assert.equal(server.requests.length, first + 1);
    }
  });

  it('what headers and the URL carry is never shown, whole or in part', async () => {
    const secrets = ['hunter2-of-acme', 'dXNlcjpwYXNzd29yZA==', 'query/secret+1'];
    const words = [...secrets, `Basic ${secrets[1] ?? ''}`, encodeURIComponent(secrets[2] ?? ''), API_KEY].join(' | ');
    server.script = () => ({ status: 400, body: { error: { message: `Bad: ${words}` } } });
    const baseUrl = `${server.url}/v1?token=${encodeURIComponent(secrets[2] ?? '')}`;
    const headers = { 'x-gateway': secrets[0] ?? '', 'x-basic': `Basic ${secrets[1] ?? ''}` };
    const provider = { baseUrl, headers };
    const { message } = await modelErrorOf(ask(await modelOn(server, 'openai-compatible', { provider })));
    for (const secret of [...secrets, encodeURIComponent(secrets[2] ?? ''), API_KEY])
      assert.ok(!message.includes(secret), message);
    assert.match(message, /Bad: \*\*\*/);
  });

  it('a cut that keeps happening ends in a sentence', async () => {
    server.script = () => [{ text: 'And then' }, { cut: true }];
    const error = await modelErrorOf(ask(await on()));
    assert.equal(error.kind, 'cut');
    assert.match(error.message, /^The answer of acme\/large broke off before it was complete after 4 attempts/);
  });

  it('a server that is not there is named', async () => {
    const gone = await ModelServer.start(() => 'hello');
    const model = await modelOn(gone, 'openai-compatible');
    const { host } = new URL(gone.url);
    await gone.close();
    const error = await modelErrorOf(ask(model));
    assert.equal(error.kind, 'network');
    assert.equal(error.message, `Nothing answers at ${host} (ECONNREFUSED). Is the server running?`);
  });

  it('an address that holds no API is told from a missing model', async () => {
    server.script = () => ({ status: 404, body: '<html>nothing here</html>' });
    const error = await modelErrorOf(ask(await on()));
    assert.match(error.message, /^127\.0\.0\.1:\d+ has nothing at this address \(404\)\. Check baseUrl/);
  });
});
