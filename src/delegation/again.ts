import type { Delegation, Task } from './delegation';
import { isOver } from './delegation';
import type { Dispatched, DispatchRequest } from './dispatch';
import type { Listing } from './listing';
import { standsFor } from './result';

/** What doing a task once more needs of the pool. */
export interface AgainPorts {
  readonly listing: Listing;
  readonly dispatch: (request: DispatchRequest) => Dispatched;
}

/** See `DelegationPool.retry`. */
export function retry(ports: AgainPorts, id: string, sessionId?: string): Dispatched | undefined {
  const { listing } = ports;
  const found = listing.find(id);
  // Nobody can tell any more what the tasks were where none of them can be read.
  if (found === undefined || found.children.length === 0) return undefined;
  const { run, children } = found;
  if (isOver(run.delegation.status))
    return dispatchAgain(
      ports,
      run.delegation,
      children.map(({ task }) => task),
      sessionId,
    );
  const stands = run.delegation.id === id ? undefined : standsFor(run.delegation, id);
  if (stands === undefined || !run.retryChild(stands.id)) return undefined;
  return { kind: 'background', delegation: run.delegation, start: 'now' };
}

/** See `DelegationPool.retryFailed`. */
export function retryFailed(ports: AgainPorts, delegationId: string, sessionId?: string): Dispatched | undefined {
  const { listing } = ports;
  const run = listing.run(delegationId);
  const failed = run?.delegation.children.filter(({ state }) => isOver(state.status) && state.status !== 'completed');
  if (run === undefined || failed === undefined || failed.length === 0) return undefined;
  if (isOver(run.delegation.status))
    return dispatchAgain(
      ports,
      run.delegation,
      failed.map(({ task }) => task),
      sessionId,
    );
  const begun = failed.filter(({ id }) => run.retryChild(id));
  return begun.length === 0 ? undefined : { kind: 'background', delegation: run.delegation, start: 'now' };
}

/** See `DelegationPool.continue`. */
export function continueWith(
  ports: AgainPorts,
  id: string,
  message: string,
  sessionId?: string,
): Dispatched | undefined {
  const { listing } = ports;
  const found = listing.find(id);
  if (found === undefined || !isOver(found.run.delegation.status)) return undefined;
  const children = found.children.filter((child) => child.id === id || child.state.status !== 'completed');
  const tasks = children.map((child) => ({ ...child.task, continues: { childId: child.id, message } }));
  return tasks.length === 0 ? undefined : dispatchAgain(ports, found.run.delegation, tasks, sessionId);
}

function dispatchAgain(
  { dispatch }: AgainPorts,
  { context, ...before }: Delegation,
  tasks: readonly Task[],
  sessionId = before.sessionId,
): Dispatched {
  return dispatch({ sessionId, context, tasks, depth: 1, origin: 'user', wait: 'background', whenFull: 'queue' });
}
