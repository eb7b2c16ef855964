import assert from 'node:assert/strict';
import { completeWord, completionWordAt } from '../../../src/webview/completionWord';

describe('the word that is completed in the message box', () => {
  it('is a command only as the first word', () => {
    assert.deepEqual(completionWordAt('/ag', 3), { kind: 'command', query: 'ag', start: 0, end: 3 });
    assert.equal(completionWordAt('go /ag', 6), undefined);
    assert.equal(completionWordAt('/stop deleg_1', 13), undefined);
  });

  it('is a file after an @ that begins a word', () => {
    assert.deepEqual(completionWordAt('see @src/c', 10), { kind: 'file', query: 'src/c', start: 4, end: 10 });
    assert.deepEqual(completionWordAt('(@', 2), { kind: 'file', query: '', start: 1, end: 2 });
    assert.equal(completionWordAt('me@example', 10), undefined);
    assert.equal(completionWordAt('see @a b', 8), undefined);
  });

  it('is replaced by the suggestion, the cursor behind it', () => {
    const word = { kind: 'file', query: 'ca', start: 4, end: 7 } as const;
    assert.deepEqual(completeWord('see @ca', word, '@src/cart.ts'), { text: 'see @src/cart.ts ', cursor: 17 });
    assert.deepEqual(completeWord('see @ca now', word, '@src/cart.ts'), { text: 'see @src/cart.ts now', cursor: 16 });
    assert.deepEqual(completeWord('see @ca', word, '@src/'), { text: 'see @src/', cursor: 9 });
  });
});
