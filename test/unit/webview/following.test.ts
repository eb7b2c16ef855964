import assert from 'node:assert/strict';
import { followsAfter } from '../../../src/webview/following';

describe('following the end of a conversation', () => {
  const at = (scrollTop: number, scrollHeight = 1000) => ({ scrollTop, scrollHeight, clientHeight: 400 });

  // U3
  it('goes on however far the end went away, as long as nobody scrolls up', () => {
    assert.equal(followsAfter(true, 600, at(600, 5000)), true);
    assert.equal(followsAfter(true, 600, at(700, 5000)), true);
  });

  it('ends with the smallest scroll upwards', () => {
    assert.equal(followsAfter(true, 600, at(597)), false);
    assert.equal(followsAfter(true, 600, at(590, 5000)), false);
  });

  it('is not ended by a shrinking text that takes the end to the reader', () => {
    assert.equal(followsAfter(true, 600, at(300, 700)), true);
  });

  it('begins again near the end on the way down, and not by standing there', () => {
    assert.equal(followsAfter(false, 500, at(580)), true);
    assert.equal(followsAfter(false, 580, at(580)), false);
    assert.equal(followsAfter(false, 590, at(580)), false);
    assert.equal(followsAfter(false, 400, at(500)), false);
  });
});
