import assert from 'node:assert/strict';
import { faultText } from '../../../src/webview/faultText';

describe('A fault of the view', () => {
  // U2
  it('is told, but for what a browser says of sizes that it put off', () => {
    assert.equal(faultText('ResizeObserver loop completed with undelivered notifications.'), undefined);
    assert.equal(faultText('ResizeObserver loop limit exceeded'), undefined);
    assert.equal(faultText(new Error('ResizeObserver is not defined')), 'ResizeObserver is not defined');
    assert.equal(faultText('x is undefined'), 'x is undefined');
  });
});
