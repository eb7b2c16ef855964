import * as z from 'zod';
import { defineTool, ToolFault, type Tool, type ToolOutput } from '../agent/tool';
import { BoundedText } from './boundedText';
import { oneLine } from '../util/plainText';
import { requireApproval } from './permission';
import { SHELL_NAME } from './shell';
import { LastFrames } from './terminalText';
import type { ShellEnd, Workspace, WorkspaceFile } from './workspace';

/** Of the output that the model gets, in characters. Most commands say what matters at their end. */
const HEAD = 10_000;
const TAIL = 20_000;
/** Processes that a command left behind: more than that are counted. */
const MOST_NAMED = 5;

/** Windows alone looks there of itself, and is told not to. */
const PROGRAMS_OF_THE_FOLDER =
  process.platform === 'win32' ? 'A program that lies in the folder itself is started as .\\name. ' : '';

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
      'No editor opens (git: use -m or --no-edit). Processes that it leaves in the background are ended with it. ' +
      `${PROGRAMS_OF_THE_FOLDER}The user may have to approve it first.`,
    input: Input,
    target: ({ command }) => command,
    async run({ command, cwd, timeoutSeconds }, context, signal) {
      const folder = await workspace.resolve(cwd ?? '.', 'read');
      await requireFolder(workspace, folder);
      const isTop = folder.real === folder.top && workspace.folders().length === 1;
      const action = isTop ? 'run a command' : `run a command in ${folder.shown}`;
      await requireApproval(context, { kind: 'command', action, subject: command }, signal);
      const output = new BoundedText(HEAD, TAIL);
      const frames = new LastFrames();
      const timeout = timeoutSeconds === undefined ? {} : { timeoutMs: Math.ceil(timeoutSeconds * 1000) };
      const onOutput = (text: string) => {
        output.append(frames.take(text));
        context.onOutput(text);
      };
      const end = await workspace.run({ command, cwd: folder, ...timeout }, onOutput, signal);
      output.append(frames.end());
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
  const left = end.isLeft ? ` ${STILL_RUNS}` : '';
  switch (end.how) {
    case 'interrupted':
      return { text: `${said}\n\nInterrupted; its processes were ended.${left}`, status: 'interrupted' };
    case 'timed-out':
      return {
        text: `${said}\n\nTimed out after ${timeoutSeconds} s; its processes were ended.${left}`,
        status: 'error',
      };
    case 'exited': {
      const how = end.exitCode === undefined ? `Ended by signal ${end.signal}.` : `Exit code ${end.exitCode}.`;
      return { text: `${said}${endedText(end.ended)}\n\n${how}${left}`, status: end.exitCode === 0 ? 'ok' : 'error' };
    }
  }
}

/** Something that was started could not be ended. */
const STILL_RUNS = 'Something that it started could not be ended and may still run.';

/** What a command left behind, for a model that may take its server to be up. */
function endedText(ended: readonly string[]): string {
  if (ended.length === 0) return '';
  const named = ended.slice(0, MOST_NAMED).map((line) => oneLine(line, 100));
  const more = ended.length - named.length;
  const all = [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(' · ');
  return `\n\n[Still running when the shell ended, and ended with it: ${all}]`;
}
