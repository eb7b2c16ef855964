import assert from 'node:assert/strict';
import { HttpFault } from '../../../src/models/answerFaults';
import { classify } from '../../../src/models/failure';

// M23, M24, M27, M34
describe('an answer of a gateway or a proxy', () => {
  for (const [status, body, kind, about] of [
    [499, '', 'server', undefined],
    [524, '<!DOCTYPE html><title>acme | 524: A timeout occurred</title>', 'server', undefined],
    [418, 'I am a teapot', 'bad-request', undefined],
    [498, { error: { message: 'Flex tier capacity exceeded', code: 'capacity_exceeded' } }, 'overload', undefined],
    [
      400,
      { error: { message: 'Budget has been exceeded! Current cost: 2', type: 'budget_exceeded' } },
      'rate-limit',
      'credit',
    ],
    [403, { error: { message: 'Key limit exceeded (total limit).', code: 403 } }, 'rate-limit', 'credit'],
    [429, { error: { message: 'Rate limit exceeded: free-models-per-day.', code: 429 } }, 'rate-limit', 'credit'],
    [
      429,
      {
        error: {
          message: 'Request too large for gpt-4 on tokens per min (TPM): Limit 10, Requested 20',
          code: 'rate_limit_exceeded',
        },
      },
      'context-overflow',
      undefined,
    ],
    [
      429,
      { error: { message: 'Rate limit reached for gpt-4 on tokens per min (TPM)', code: 'rate_limit_exceeded' } },
      'rate-limit',
      undefined,
    ],
    [400, { error: { message: 'Output blocked by content filtering policy' } }, 'refused', undefined],
    [400, { error: { message: '"tools" is not supported for this model' } }, 'bad-request', 'tools'],
    [400, { error: { message: 'Invalid model name passed in model=x.' } }, 'not-found', undefined],
  ] as const)
    it(`${status} is ${kind}${about === undefined ? '' : ` about ${about}`}: ${JSON.stringify(body).slice(0, 60)}`, () => {
      const failure = classify(new HttpFault(status, typeof body === 'string' ? body : JSON.stringify(body), {}), 0);
      assert.deepEqual([failure.kind, failure.about], [kind, about]);
    });
});
