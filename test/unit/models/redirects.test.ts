import assert from 'node:assert/strict';
import { RawServer } from '../../fakes/rawServer';
import { ask, KINDS, modelErrorOf, modelOn } from './endpointHarness';

// S6
for (const kind of KINDS) {
  describe(`C83 a redirect of a provider of kind ${kind}`, () => {
    let server: RawServer;
    let other: RawServer;
    beforeEach(async () => {
      other = await RawServer.start(() => ({ body: '' }));
      server = await RawServer.start(() => ({ body: '' }));
    });
    afterEach(() => Promise.all([server.close(), other.close()]));

    for (const status of [301, 302, 303, 307, 308]) {
      it(`${status} carries neither key nor prompt to another origin, and both are named`, async () => {
        server.answer = () => ({ status, headers: { location: `${other.url}/v1/chat/completions` }, body: '' });
        const error = await modelErrorOf(ask(await modelOn(server, kind)));
        assert.ok(error.message.includes(`${new URL(server.url).host} redirects to ${new URL(other.url).host}`));
        assert.equal(other.requests.length, 0);
        assert.equal(server.requests.length, 1);
      });
    }

    it('is not followed within the origin either, nor to nowhere', async () => {
      for (const location of ['/elsewhere', 'http://', 'https://[', '//evil.example/v1']) {
        const before = server.requests.length;
        server.answer = () => ({ status: 307, headers: { location }, body: '' });
        const error = await modelErrorOf(ask(await modelOn(server, kind)));
        assert.match(error.message, /redirects to/);
        assert.equal(server.requests.length, before + 1);
      }
    });
  });
}
