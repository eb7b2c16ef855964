import assert from 'node:assert/strict';
import { childTooltip, delegationTooltip } from '../../../src/vscode/rowTooltip';
import { inBackground, poolHarness } from '../delegation/poolHarness';

describe('the tooltip of a row', () => {
  it('says all that is known, and shows what agents wrote as it is', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['See ![x](http://evil)', 'Other']);
    const held = await harness.children.held('See ![x](http://evil)');
    held.progress({ type: 'request', priced: false });
    held.progress({ type: 'text', delta: '![y](http://evil)\n```\n# forged' });
    const delegation = harness.pool.get(id);
    const [child] = delegation?.children ?? [];
    assert.ok(delegation && child);
    const tip = childTooltip(child, delegation, [], harness.clock.now());
    assert.ok(tip.includes('See \\!\\[x\\]\\(http\\://evil\\)'));
    assert.ok(tip.includes('````\n![y](http://evil)'));
    assert.match(tip, /- Model calls: 1\n[^]*- Cost: unknown/);
    assert.match(delegationTooltip(delegation, harness.clock.now()), /\*\*2 tasks\*\*[^]*2\. Other \(running\)/);
  });
});
