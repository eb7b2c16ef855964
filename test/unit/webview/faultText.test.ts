import assert from 'node:assert/strict';
import { ToHost } from '../../../src/protocol';
import { faultDetail, faultText } from '../../../src/webview/faultText';

describe('A fault of the view', () => {
  // U2
  it('is told, but for what a browser says of sizes that it put off', () => {
    assert.equal(faultText('ResizeObserver loop completed with undelivered notifications.'), undefined);
    assert.equal(faultText('ResizeObserver loop limit exceeded'), undefined);
    assert.equal(faultText(new Error('ResizeObserver is not defined')), 'ResizeObserver is not defined');
    assert.equal(faultText('x is undefined'), 'x is undefined');
  });

  it('goes to the log with its place, and no longer than that is taken', () => {
    const fault = new Error('x'.repeat(10_000));
    assert.ok(ToHost.safeParse({ type: 'fault', text: faultDetail(fault) }).success);
    assert.match(faultDetail(new Error('It broke')), /It broke\n.*faultText/);
    assert.equal(faultDetail('only words'), 'only words');
  });
});
