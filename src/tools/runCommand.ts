import * as z from 'zod';
import { defineTool, ToolFault, type Tool, type ToolOutput } from '../agent/tool';
import { BoundedText } from './boundedText';
import { requireApproval } from './permission';
import { SHELL_NAME } from './shell';
import type { ShellEnd, Workspace, WorkspaceFile } from './workspace';

/** Of the output that the model gets, in characters. Most commands say what matters at their end. */
const HEAD = 10_000;
const TAIL = 20_000;

const Input = z.object({
  command: z.string().trim().min(1).describe('The command line.'),
  cwd: z.string().optional().describe('The folder to run it in; left out, the (first) workspace folder.'),
  timeoutSeconds: z.number().positive().max(86_400).optional().describe('End it after this time. Default: no limit.'),
});

/** Runs a command in the workspace, once the user has approved it. */
export function runCommandTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'run_command',
    description:
      `Runs a command in ${SHELL_NAME} and returns its output and exit code. It gets no input, so it must not ask for any. ` +
      'Processes that it leaves in the background are ended with it. The user may have to approve it first.',
    input: Input,
    target: ({ command }) => command,
    async run({ command, cwd, timeoutSeconds }, context, signal) {
      const folder = await workspace.resolve(cwd ?? '.', 'read');
      await requireFolder(workspace, folder);
      const isTop = folder.real === folder.top && workspace.folders().length === 1;
      const action = isTop ? 'run a command' : `run a command in ${folder.shown}`;
      await requireApproval(context, { kind: 'command', action, subject: command }, signal);
      const output = new BoundedText(HEAD, TAIL);
      const timeout = timeoutSeconds === undefined ? {} : { timeoutMs: Math.ceil(timeoutSeconds * 1000) };
      const onOutput = (text: string) => {
        output.append(text);
        context.onOutput(text);
      };
      const end = await workspace.run({ command, cwd: folder, ...timeout }, onOutput, signal);
      return render(output.toString(), end, timeoutSeconds);
    },
  });
}

async function requireFolder(workspace: Workspace, folder: WorkspaceFile): Promise<void> {
  const facts = await workspace.factsOf(folder);
  if (facts?.kind !== 'folder') throw new ToolFault(`There is no folder ${folder.shown} to run the command in.`);
}

function render(output: string, end: ShellEnd, timeoutSeconds: number | undefined): ToolOutput {
  const said = output.trimEnd() === '' ? '[no output]' : output.trimEnd();
  switch (end.how) {
    case 'interrupted':
      return { text: `${said}\n\nInterrupted; its processes were ended.`, status: 'interrupted' };
    case 'timed-out':
      return { text: `${said}\n\nTimed out after ${timeoutSeconds} s; its processes were ended.`, status: 'error' };
    case 'exited': {
      const how = end.exitCode === undefined ? `Ended by signal ${end.signal}.` : `Exit code ${end.exitCode}.`;
      return { text: `${said}\n\n${how}`, status: end.exitCode === 0 ? 'ok' : 'error' };
    }
  }
}
