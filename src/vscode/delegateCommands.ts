import { fenced, oneLine } from '../util/plainText';
import type { CommandPorts, Selection } from './commandPorts';
import { plural } from './figures';
import { askFor } from './prompts';
import { isTrustedOrTold } from './trust';

type Ports = Pick<CommandPorts, 'pool' | 'sessions' | 'chat' | 'tree' | 'prompts' | 'host'>;

export async function delegateTask(ports: Ports): Promise<void> {
  if (!(await mayDelegate(ports))) return;
  const goal = await askFor(ports.prompts, {
    title: 'Delegate Task',
    prompt: 'What should be done? The agent knows nothing of the conversation.',
    placeholder: 'Find every place where prices are rounded, and say how',
  });
  if (goal !== undefined) await dispatch(ports, [goal], '');
}

/** Asks for one task after the other until one is left empty; dismissing it starts nothing. */
export async function delegateTasks(ports: Ports): Promise<void> {
  if (!(await mayDelegate(ports))) return;
  const tasks: string[] = [];
  for (;;) {
    const first = tasks.length === 0;
    const answer = await ports.prompts.ask({
      title: `Delegate Tasks: task ${tasks.length + 1}`,
      prompt: first
        ? 'What should be done? All tasks run at once, and their results come back together.'
        : `One more task, or leave it empty to start ${plural(tasks.length, 'task')}.`,
    });
    if (answer === undefined) return;
    if (answer.trim() === '') break;
    tasks.push(answer.trim());
  }
  if (tasks.length > 0) await dispatch(ports, tasks, '');
}

export async function delegateSelection(ports: Ports): Promise<void> {
  const selection = ports.host.selection();
  if (selection === undefined) {
    await ports.prompts.inform('Select some text in an editor first.');
    return;
  }
  if (!(await mayDelegate(ports))) return;
  const goal = await askFor(ports.prompts, {
    title: 'Delegate Selection',
    prompt: `What should be done with ${place(selection)}?`,
    placeholder: 'Write tests for this function',
  });
  if (goal !== undefined) await dispatch(ports, [goal], selectionText(selection));
}

export async function attachSelection({ host, chat, prompts }: Ports): Promise<void> {
  const selection = host.selection();
  if (selection === undefined) await prompts.inform('Select some text in an editor first.');
  else await chat.insert(`${selectionText(selection)}\n`);
}

/** A selection as agents get it: where it stands, and what it says. */
function selectionText(selection: Selection): string {
  return `${place(selection)}:\n${fenced(selection.text, selection.language)}`;
}

function place({ path, firstLine, lastLine }: Selection): string {
  return firstLine === lastLine ? `${path}, line ${firstLine}` : `${path}, lines ${firstLine} to ${lastLine}`;
}

function mayDelegate(ports: Ports): Promise<boolean> {
  return isTrustedOrTold(ports, 'Nothing was delegated');
}

async function dispatch(ports: Ports, tasks: readonly string[], context: string): Promise<void> {
  const { pool, sessions, tree, prompts } = ports;
  const dispatched = await sessions.delegate(tasks, context);
  if (!('error' in dispatched)) {
    // The keyboard stays where it is: the user may be typing into the chat by now.
    await tree.reveal(dispatched.id, { focus: false });
  } else if (pool.paused) {
    const chosen = await prompts.warn('Nothing was delegated: delegating is paused.', RESUME);
    if (chosen !== RESUME) return;
    pool.resume();
    await dispatch(ports, tasks, context);
  } else {
    await prompts.fail(`Nothing was delegated: ${oneLine(dispatched.error, 500)}`);
  }
}

/** Goes on with what was typed. */
const RESUME = 'Resume and Delegate';
