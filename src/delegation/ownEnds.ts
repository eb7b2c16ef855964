import type { Disposable } from '../util/emitter';
import type { Delegation } from './delegation';
import { isOver } from './delegation';
import type { DelegationPool } from './pool';

/**
 * Tells once of the end of each delegation that was seen queued or running in this window. One that another window ran
 * and that is listed here as well, or that an earlier window left behind as over, is no news.
 */
export function onOwnEnd(
  pool: Pick<DelegationPool, 'list' | 'isElsewhere' | 'onDidChange' | 'onDidRemove'>,
  listener: (delegation: Delegation) => void,
): Disposable {
  const open = new Set<string>();
  const note = (delegation: Delegation) => {
    if (isOver(delegation.status)) return open.delete(delegation.id);
    if (!pool.isElsewhere(delegation.id)) open.add(delegation.id);
    return false;
  };
  for (const delegation of pool.list()) note(delegation);
  const changes = pool.onDidChange(({ delegation, kind }) => {
    if (kind === 'state' && note(delegation)) listener(delegation);
  });
  const removals = pool.onDidRemove((id) => open.delete(id));
  return {
    dispose() {
      changes.dispose();
      removals.dispose();
    },
  };
}
