import * as z from 'zod';
import type { AgentIdentity, Tool, ToolOutput } from '../agent/tool';
import { defineTool } from '../agent/tool';
import type { Child, Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import type { DelegationPool } from '../delegation/pool';
import { durationOf, everyRun, nameOf, nestedAmong, seconds, totalsOfChild } from '../delegation/result';
import { oneLine } from '../util/plainText';

export interface DelegationsPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'isElsewhere' | 'cancel' | 'steer'>;
  readonly now: () => number;
}

export const DELEGATIONS = 'delegations';

/** Finished delegations that a list has: the newest. */
const FINISHED = 5;
/** Characters of a name, of an activity, and of a message to an agent. */
const [NAME, ACTIVITY, MESSAGE] = [80, 120, 20_000] as const;

/**
 * The tool by which an agent sees, steers and stops what it has delegated: a session's agent all of its session, a child
 * what is below it (SPEC 2.11). It starts nothing.
 */
export function delegations(ports: DelegationsPorts): Tool {
  return defineTool({
    name: DELEGATIONS,
    description: [
      'Sees, steers and stops the agents that you delegated to, and nothing else.',
      'list: what runs or waits, with the state of each agent, and what finished last.',
      'steer: a message for one agent (deleg_….1), or for every running agent of a delegation (deleg_…), which it reads before its next step.',
      'stop: ends an agent or a whole delegation; what it had done is kept and comes with the results.',
      'Do not poll with list: results arrive by themselves.',
    ].join(' '),
    // Anything goes in: what is wrong is answered in one sentence.
    input: z.record(z.string(), z.unknown()),
    inputSchema: {
      type: 'object',
      properties: {
        action: { type: 'string', enum: ['list', 'steer', 'stop'] },
        id: { type: 'string', description: 'For steer and stop: of a delegation or of an agent.' },
        message: { type: 'string', description: 'For steer: what the agent is to know or to do.' },
      },
      required: ['action'],
    },
    target: (input) => [textOf(input['action']), textOf(input['id'])].join(' ').trim(),
    run: (input, { agent }) => Promise.resolve(act(ports, input, agent)),
  });
}

function act(ports: DelegationsPorts, input: Readonly<Record<string, unknown>>, agent: AgentIdentity): ToolOutput {
  const own = ownOf(ports.pool, agent);
  const action = textOf(input['action']).toLowerCase();
  if (action === 'list') return answer(list(own, ports.now()));
  if (action !== 'steer' && action !== 'stop') {
    const given = action === '' ? 'action is missing' : `there is no action ${JSON.stringify(action)}`;
    return refuse(`${given}; the actions are: list, steer, stop.`);
  }
  const id = textOf(input['id']);
  if (id === '')
    return refuse(`id is missing: ${action} needs the id of a delegation or of an agent, which list gives.`);
  const delegation = own.find(
    (candidate) => candidate.id === id || candidate.children.some((child) => child.id === id),
  );
  const children = delegation?.children.filter((child) => child.id === id || delegation.id === id) ?? [];
  if (delegation === undefined || children.length === 0)
    return refuse(`${id} is none of your delegations and none of their agents; list gives their ids.`);
  return action === 'stop' ? stop(ports.pool, delegation, id) : steer(ports.pool, children, id, input['message']);
}

/** What the agent may see and change: of its session, or of a child what is below it, and never what another window runs. */
function ownOf(pool: DelegationsPorts['pool'], { sessionId, childId }: AgentIdentity): readonly Delegation[] {
  const all = pool
    .list()
    .filter((delegation) => delegation.sessionId === sessionId && !pool.isElsewhere(delegation.id));
  if (childId === undefined) return all;
  const nestedIn = nestedAmong(all);
  const below = (id: string): Delegation[] =>
    nestedIn(id).flatMap((nested) => [nested, ...everyRun(nested).flatMap((child) => below(child.id))]);
  return below(childId);
}

function list(own: readonly Delegation[], now: number): object {
  const nestedIn = nestedAmong(own);
  const active = own.filter(({ status }) => !isOver(status));
  const finished = own.filter(({ status }) => isOver(status));
  const shown = finished.slice(-FINISHED);
  return {
    active: active.map((delegation) => ({
      ...headOf(delegation, now),
      agents: delegation.children.map((child) => agentOf(child, now, totalsOfChild(child, nestedIn))),
    })),
    finished: shown.map((delegation) => headOf(delegation, now)),
    ...(finished.length > shown.length ? { finished_earlier: finished.length - shown.length } : {}),
  };
}

function headOf(delegation: Delegation, now: number): object {
  const { id, status, mode, parentChildId, children } = delegation;
  const [first] = children;
  return {
    id,
    ...(children.length === 1 && first !== undefined ? { task: nameIn(first) } : { tasks: children.length }),
    status,
    ...(mode === 'background' ? {} : { mode }),
    ...(parentChildId === undefined ? {} : { dispatched_by: parentChildId }),
    seconds: seconds(durationOf(delegation, now)),
  };
}

function agentOf(child: Child, now: number, { tokens }: ReturnType<typeof totalsOfChild>): object {
  const { state, progress } = child;
  return {
    id: child.id,
    task: nameIn(child),
    status: state.status,
    ...(progress.activity === '' ? {} : { activity: oneLine(progress.activity, ACTIVITY) }),
    ...(progress.approvals === 0 ? {} : { waits_for_approval: true }),
    seconds: state.status === 'queued' ? 0 : seconds(durationOf(state, now)),
    tokens: tokens.input + tokens.output,
  };
}

function nameIn({ task }: Child): string {
  return oneLine(nameOf(task), NAME);
}

function stop(pool: DelegationsPorts['pool'], delegation: Delegation, id: string): ToolOutput {
  if (!pool.cancel(id, 'Stopped by the agent that had delegated it.'))
    return refuse(`${id} is over already, so nothing was stopped.`);
  const comes = delegation.mode === 'background' ? 'a new message' : 'the results of its call';
  const note =
    id === delegation.id
      ? `What its agents had done by then comes with ${comes}.`
      : `What it had done by then comes with ${comes}; the other agents of the delegation go on.`;
  return answer({ stopped: id, note });
}

function steer(pool: DelegationsPorts['pool'], children: readonly Child[], id: string, given: unknown): ToolOutput {
  const message = textOf(given);
  if (message === '') return refuse('message is missing: steer needs the text that the agent is to read.');
  if (message.length > MESSAGE)
    return refuse(
      `message has ${message.length} characters, the limit is ${MESSAGE}; write it into a file and name that.`,
    );
  // It must not pass for a word of the user's.
  const text = `From the agent that gave you this task: ${message}`;
  const steered = children.filter((child) => pool.steer(child.id, text)).map((child) => child.id);
  if (steered.length === 0)
    return refuse(
      `No agent of ${id} runs (${children.map(({ state }) => state.status).join(', ')}), so nobody would read it.`,
    );
  const missed = children.filter((child) => !steered.includes(child.id)).map((child) => child.id);
  return answer({
    steered,
    ...(missed.length === 0 ? {} : { not_running: missed }),
    note: 'Read before the next step; where that does not come any more, the result says so (missed_steer).',
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function answer(value: object): ToolOutput {
  return { text: JSON.stringify(value) };
}

function refuse(error: string): ToolOutput {
  return { text: JSON.stringify({ error }), status: 'error' };
}
