import { isOver } from '../delegation/delegation';
import type { Dispatched } from '../delegation/dispatch';
import { hasFailedPart, nestedAmong, shortfallOf, titleOf, totalsOf, totalsOfChild } from '../delegation/result';
import type { ApprovalAnswer } from '../tools/approvals';
import { oneLine } from '../util/plainText';
import type { CommandPorts } from './commandPorts';
import { askFor } from './prompts';
import { plural } from './figures';
import type { RowCommand } from './rowCommand';
import type { RowTarget } from './rowTarget';
import { nameOf } from './rowTooltip';
import { confirmDiscard, hasChanges, openWorktreeChanges, waitingIn } from './worktreeCommands';

export const cancel: RowCommand = async ({ id, name }, { pool, prompts }) => {
  if (!pool.cancel(id)) await prompts.inform(`“${name}” is over already; nothing was cancelled.`);
};

export const moveToBackground: RowCommand = async ({ delegation, name }, { pool, prompts }) => {
  if (pool.detach(delegation.id)) return;
  await prompts.inform(`No turn waits for “${name}”: there is nothing to move.`);
};

export const steer: RowCommand = async ({ child, name }, { pool, prompts }) => {
  if (child === undefined) {
    await prompts.inform('Choose one of its agents: a message goes to one agent.');
    return;
  }
  if (child.state.status !== 'running') {
    await prompts.inform(`“${name}” does not run, so nobody would read the message.`);
    return;
  }
  const text = await askFor(prompts, {
    title: `Steer “${name}”`,
    prompt: 'The agent reads this before its next step.',
    placeholder: 'Leave the tests alone',
  });
  if (text === undefined) return;
  if (!pool.steer(child.id, text)) await prompts.warn(`“${name}” ended before it could read the message.`);
};

export const approve: RowCommand = (target, ports) => decide(target, ports, 'approve');
export const approveAlways: RowCommand = (target, ports) => decide(target, ports, 'always');

export const deny: RowCommand = async (target, ports) => {
  const pending = ports.approvals.pending().find(({ id }) => id === target.approvalId);
  if (pending === undefined) return decide(target, ports, 'deny');
  const reason = await ports.prompts.ask({
    title: `Deny: ${oneLine(pending.request.subject, 60)}`,
    prompt: 'Why? The agent reads it. May be left empty.',
  });
  if (reason !== undefined) await decide(target, ports, 'deny', reason.trim());
};

async function decide(
  { approvalId, name }: RowTarget,
  { approvals, prompts }: CommandPorts,
  answer: ApprovalAnswer,
  reason = '',
): Promise<void> {
  if (approvalId !== undefined && approvals.decide(approvalId, answer, reason === '' ? undefined : reason)) return;
  await prompts.inform(`“${name}” waits for no such approval any more; nothing was changed.`);
}

export const openTranscript: RowCommand = async ({ child }, { host, prompts }) => {
  if (child !== undefined) await host.openTranscript(child.id);
  else await prompts.inform('Choose one of its agents: each has a transcript of its own.');
};

export const openChanges: RowCommand = async (target, ports) => {
  if (waitingIn(target).length > 0) return openWorktreeChanges(target, ports);
  const { delegation, child, name } = target;
  const { pool, host, prompts } = ports;
  const nestedIn = nestedAmong(pool.list());
  const { filesWritten: files } = child === undefined ? totalsOf(delegation, nestedIn) : totalsOfChild(child, nestedIn);
  if (files.length === 0) {
    await prompts.inform(`“${name}” wrote no files.`);
    return;
  }
  const choices = files.map((path) => ({ label: path, value: path }));
  const path = files.length === 1 ? files[0] : await prompts.choose('Open Changes', choices);
  if (path !== undefined) await host.openChange(path);
};

export const copyResult: RowCommand = async (target, { host, prompts }) => {
  const text = resultText(target);
  if (text === '') await prompts.inform(`“${target.name}” left no text.`);
  else await host.copy(text);
};

/** What an agent said last, or all of a delegation's agents did, each below its goal. */
function resultText({ delegation, child }: Pick<RowTarget, 'delegation' | 'child'>): string {
  const textOf = ({ state, progress }: (typeof delegation.children)[number]) =>
    'summary' in state ? state.summary : progress.lastText;
  if (child !== undefined) return textOf(child);
  const texts = delegation.children.map((one) => ({ goal: one.task.goal, text: textOf(one) }));
  return texts.every(({ text }) => text === '')
    ? ''
    : texts.map(({ goal, text }) => `# ${oneLine(goal)}\n\n${text}\n`).join('\n');
}

export const retry: RowCommand = async (target, ports) => {
  const { id, delegation, child, name } = target;
  const { status } = child?.state ?? delegation;
  if (!isOver(status)) {
    await ports.prompts.inform(`“${name}” is not over yet.`);
    return;
  }
  if (child === undefined) return retryBatch(target, ports);
  if (status === 'completed' && !isOver(delegation.status)) {
    const detail = 'It is done, and its result stays unless the new run ends better. The other agents go on.';
    if (!(await ports.prompts.confirm(`Begin “${name}” again?`, detail, 'Begin Again'))) return;
  }
  await showRetried(ports.pool.retry(id, ports.sessions.addressee(delegation.sessionId)), target, ports);
};

/** All agents of a batch are a bill of their own: asked first, with those that failed as the smaller choice. */
async function retryBatch(target: RowTarget, ports: CommandPorts): Promise<void> {
  const { id, delegation, name } = target;
  const all = `All ${plural(delegation.children.length, 'task')}`;
  const failed = 'Only those that are not done';
  const chosen = await ports.prompts.choose(`Begin “${name}” again: which of its tasks?`, [
    ...(hasFailedPart(delegation) ? [{ label: failed, detail: shortfallOf(delegation), value: failed }] : []),
    { label: all, value: all },
  ]);
  if (chosen === failed) await retryFailed(target, ports);
  if (chosen === all)
    await showRetried(ports.pool.retry(id, ports.sessions.addressee(delegation.sessionId)), target, ports);
}

/** Begins those tasks again that are not done: where the others still run, in their places, else as one new delegation. */
export const retryFailed: RowCommand = async (target, ports) => {
  const { delegation } = target;
  const dispatched = ports.pool.retryFailed(delegation.id, ports.sessions.addressee(delegation.sessionId));
  await showRetried(dispatched, target, ports);
};

async function showRetried(
  dispatched: Dispatched | undefined,
  { name }: Pick<RowTarget, 'name'>,
  ports: Pick<CommandPorts, 'tree' | 'prompts'>,
): Promise<void> {
  if (dispatched === undefined) await ports.prompts.inform(`Nothing of “${name}” is left to begin again.`);
  else await showStarted(dispatched, name, ports);
}

/** Goes on where it ended. What was cut off needs no word for that; what was done needs one on what is still to do. */
export const goOn: RowCommand = async ({ id, delegation, child, name }, { pool, sessions, tree, prompts }) => {
  if (!isOver(delegation.status)) {
    await prompts.inform(`“${name}” can go on when its whole delegation is over.`);
    return;
  }
  const done = (child?.state ?? delegation).status === 'completed';
  const message = done ? await askFor(prompts, { title: `Continue “${name}”`, prompt: 'What is still to do?' }) : '';
  if (message === undefined) return;
  const dispatched = pool.continue(child?.id ?? id, message, sessions.addressee(delegation.sessionId));
  if (dispatched === undefined) await prompts.inform(`All of “${name}” was completed: choose one of its agents.`);
  else await showStarted(dispatched, name, { tree, prompts });
};

/** Goes on in place where it was cut off, unlike {@link goOn}, which begins a new delegation. */
export const resumeWork: RowCommand = async ({ delegation, name }, { sessions, tree, prompts }) => {
  const problem = sessions.resumeWork(delegation.id);
  if (problem !== undefined) await prompts.inform(`“${name}” was not resumed. ${problem}`);
  else await tree.reveal(delegation.id, { focus: false });
};

async function showStarted(
  dispatched: Dispatched,
  name: string,
  { tree, prompts }: Pick<CommandPorts, 'tree' | 'prompts'>,
): Promise<void> {
  if (dispatched.kind === 'refused') await prompts.fail(`“${name}” was not started again: ${dispatched.error}`);
  else await tree.reveal(dispatched.delegation.id, { focus: false });
}

export const deliverHere: RowCommand = async ({ delegation, name }, { sessions, chat, prompts }) => {
  if (sessions.deliverHere(delegation.id)) await chat.open();
  else await prompts.inform(`The results of “${name}” were delivered before.`);
};

export const remove: RowCommand = async ({ delegation }, ports) => {
  const { pool, prompts } = ports;
  const whole = { delegation, name: nameOf(delegation) };
  const canGo = isOver(delegation.status) && delegation.delivery !== 'pending';
  if (canGo && hasChanges(whole) && !(await confirmDiscard(whole, ports, 'Discard and Remove'))) return;
  if (pool.remove(delegation.id)) return;
  const why = isOver(delegation.status) ? 'its results still wait for their session' : 'it is not over';
  await prompts.inform(`“${oneLine(titleOf(delegation), 80)}” stays listed: ${why}.`);
};

export const reveal: RowCommand = async ({ id, name }, { tree, prompts }) => {
  if (!(await tree.reveal(id))) await prompts.inform(`“${name}” is not listed any more.`);
};

export const showInChat: RowCommand = async ({ delegation }, { chat }) => {
  await chat.open();
  await chat.reveal({ delegationId: delegation.id });
};
