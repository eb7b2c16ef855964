import assert from 'node:assert/strict';
import { formatAge, formatCost, formatCount, formatDuration, plural } from '../../../src/webview/format';

describe('figures in the chat view', () => {
  it('shows durations', () => {
    assert.deepEqual([-5, 0, 8999, 65_000, 7_380_000].map(formatDuration), ['0s', '0s', '8s', '1m 05s', '2h 03m']);
  });

  it('shows counts', () => {
    const counts = [0, 999, 1000, 12_345, 123_456, 999_499, 999_999, 1_200_000].map(formatCount);
    assert.deepEqual(counts, ['0', '999', '1k', '12.3k', '123k', '999k', '1M', '1.2M']);
  });

  it('shows costs, and nothing where the price is unknown', () => {
    assert.deepEqual([null, 0, 0.001, 0.041, 12.5].map(formatCost), ['', '$0.00', '<$0.01', '$0.04', '$12.50']);
  });

  it('shows ages', () => {
    assert.deepEqual([0, 300_000, 7_200_000, 200_000_000].map(formatAge), ['now', '5m', '2h', '2d']);
  });

  it('counts in words', () => {
    assert.deepEqual([plural(1, 'file'), plural(2, 'file')], ['1 file', '2 files']);
  });
});
