import assert from 'node:assert/strict';
import { CUT_BY_LENGTH, noticeOfOutcome } from '../../../src/session/notices';

// M12
it('C64 the user is told where a reply was cut by the output limit', () => {
  const cut = { status: 'completed', exitReason: 'completed', text: 'Half of', truncated: true } as const;
  assert.deepEqual(noticeOfOutcome(cut, false), { role: 'notice', level: 'warning', text: CUT_BY_LENGTH });
});
