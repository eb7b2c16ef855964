import assert from 'node:assert/strict';
import { splitMentions } from '../../../src/webview/mentions';

describe('mentions in a message of the user', () => {
  it('are files after an @', () => {
    assert.deepEqual(splitMentions('See @src/a.ts, please'), [
      { text: 'See ' },
      { text: '@src/a.ts', path: 'src/a.ts' },
      { text: ', please' },
    ]);
  });

  it('are not people and not addresses', () => {
    assert.deepEqual(splitMentions('Ask @anna or me@example.com'), [{ text: 'Ask @anna or me@example.com' }]);
  });
});
