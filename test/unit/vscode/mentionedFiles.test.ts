import assert from 'node:assert/strict';
import { MentionedFiles } from '../../../src/vscode/mentionedFiles';
import { ManualClock } from '../../fakes/manualClock';

describe('Files for a mention', () => {
  // X6, U32
  it('are listed once for all keys of it, and again after a while', async () => {
    let listed = 0;
    const clock = new ManualClock();
    const files = new MentionedFiles(() => Promise.resolve([`src/file${++listed}.ts`]), clock);
    assert.deepEqual(await Promise.all(['', 'f', 'fi', 'x'].map((query) => files.find(query))), [
      ['src/file1.ts'],
      ['src/file1.ts'],
      ['src/file1.ts'],
      [],
    ]);
    clock.advance(60_000);
    assert.deepEqual(await files.find('FI'), ['src/file2.ts']);
  });

  it('are found among many, names that begin with the query first, then short paths', async () => {
    const paths = Array.from({ length: 30_000 }, (_, index) => `pkg/cart/${index}.ts`);
    const files = new MentionedFiles(
      () => Promise.resolve([...paths, 'zz/cart.ts', 'cart.ts', 'a/b.cart']),
      new ManualClock(),
    );
    const found = await files.find('cart');
    assert.deepEqual(found.slice(0, 4), ['cart.ts', 'zz/cart.ts', 'a/b.cart', 'pkg/cart/0.ts']);
    assert.equal(found.length, 20);
    assert.deepEqual(await files.find('29999'), ['pkg/cart/29999.ts']);
  });

  it('are listed anew where listing failed', async () => {
    let fails = true;
    const files = new MentionedFiles(
      () => (fails ? Promise.reject(new Error('not now')) : Promise.resolve(['a.ts'])),
      new ManualClock(),
    );
    await assert.rejects(files.find('a'));
    fails = false;
    assert.deepEqual(await files.find('a'), ['a.ts']);
  });
});
