import * as vscode from 'vscode';
import { escapeMarkdown, oneLine } from '../util/plainText';
import { DELEGATE_LM_TOOL } from './contributions';
import { plural } from './figures';

/**
 * The tool by which VS Code's own agent delegates (SPEC 6.7). `delegate` takes the input as it came and resolves to what
 * the agent is told; what it throws is told as well.
 */
export function registerDelegateTool(delegate: (input: unknown) => Promise<string>): vscode.Disposable {
  return vscode.lm.registerTool<unknown>(DELEGATE_LM_TOOL, {
    prepareInvocation: ({ input }) => {
      const goals = goalsOf(input);
      const list = goals.map((goal) => `- ${escapeMarkdown(oneLine(goal, 300))}`).join('\n');
      return {
        invocationMessage: `Delegating ${plural(goals.length, 'task')}`,
        confirmationMessages: {
          title: `Delegate ${plural(goals.length, 'task')} to Fanout?`,
          message: new vscode.MarkdownString(`These run in the background:\n\n${list}`),
        },
      };
    },
    invoke: async ({ input }) => {
      const text = await delegate(input);
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    },
  });
}

function goalsOf(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return [];
  const tasks = 'tasks' in input && Array.isArray(input.tasks) ? (input.tasks as unknown[]) : [];
  const goals = tasks.length > 0 ? tasks : [input];
  return goals.flatMap((task) =>
    typeof task === 'object' && task !== null && 'goal' in task && typeof task.goal === 'string' ? [task.goal] : [],
  );
}
