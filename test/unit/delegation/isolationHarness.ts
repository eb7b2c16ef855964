import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child, Delegation } from '../../../src/delegation/delegation';
import { everyRun } from '../../../src/delegation/result';
import type { Worktree } from '../../../src/delegation/worktree';
import type { AgentScript } from '../../fakes/agentScript';
import { gate } from '../../fakes/agentScript';
import { initRepository, runGit } from '../../fakes/gitRepository';
import type { ScriptedReply } from '../../fakes/scriptedModel';
import { TestEngine, type TestEngineOptions } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

/** An engine on a repository with these files committed, its children in worktrees. */
export async function isolated(
  { delegation, ...options }: TestEngineOptions = {},
  files: Record<string, string> = { 'a.txt': 'a\n' },
): Promise<TestEngine> {
  const fanout = new TestEngine({ delegation: { isolation: 'worktree', ...delegation }, ...options });
  await initRepository(fanout.path(''));
  for (const [path, text] of Object.entries(files)) await fanout.write(path, text);
  await runGit(fanout.path(''), 'add', '--all');
  await runGit(fanout.path(''), 'commit', '--quiet', '-m', 'As it is');
  return fanout;
}

/** A reply that runs a command where the agent is. */
export function runs(command: string): ScriptedReply {
  return { calls: [{ name: 'run_command', input: { command } }] };
}

/** Children that each run one command and end. */
export function workers(commands: Readonly<Record<string, string>>): Required<Pick<AgentScript, 'children'>> {
  const scripts = Object.entries(commands).map(([goal, command]) => [goal, [runs(command), `Did ${goal}.`]] as const);
  return { children: Object.fromEntries(scripts) };
}

/** Delegates as an extension does that waits for it; resolves when it is over. */
export function delegateAndWait(fanout: TestEngine, input: object, signal = new AbortController().signal) {
  const to = { sessionId: fanout.session.id, origin: 'api', wait: 'sync' } as const;
  const dispatched = fanout.engine.delegate(input, to, signal);
  if (dispatched.kind !== 'attached') throw new Error(`It was not accepted: ${JSON.stringify(dispatched)}`);
  return dispatched.over;
}

export function tasks(...goals: readonly string[]): object {
  return { tasks: goals.map((goal) => ({ goal })) };
}

/** The child of the id, also one that another stands in for, as the pool knows it now. */
export function childOf(fanout: TestEngine, id: string): Child {
  const child = fanout.engine.pool
    .list()
    .flatMap(everyRun)
    .find((one) => one.id === id);
  if (child === undefined) throw new Error(`There is no child ${id}.`);
  return child;
}

export function worktreeOf(fanout: TestEngine, id: string): Worktree {
  const { worktree } = childOf(fanout, id);
  if (worktree === undefined) throw new Error(`${id} has no worktree.`);
  return worktree;
}

/** Resolves once the child's worktree is in this state. */
export function untilState(fanout: TestEngine, id: string, state: Worktree['state'] | undefined): Promise<void> {
  return until(() => childOf(fanout, id).worktree?.state === state, fanout.engine.pool.onDidChange);
}

export function idsOf({ children }: Delegation): readonly string[] {
  return children.map(({ id }) => id);
}

/** The names of the checkouts on disk. */
export async function checkouts(fanout: TestEngine): Promise<readonly string[]> {
  const folder = fanout.path('../worktrees');
  return existsSync(folder) ? readdir(folder) : [];
}

export function readIn(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8');
}

/** A child that has made b.txt and then hangs at a gate. */
export async function atWork(options: TestEngineOptions = {}) {
  const held = gate();
  const fanout = await isolated({ children: { work: [runs('echo b > b.txt'), held.answer] }, ...options });
  const over = delegateAndWait(fanout, tasks('work'));
  await fanout.model.waitForRequest(2);
  const id = fanout.delegation.children[0]?.id ?? '';
  return { fanout, over, id, held };
}
