import { ToolFault } from '../agent/tool';
import type { PromptWorkspace } from '../agent/prompts';
import type { Workspace, WorkspaceFolder } from './workspace';
import { headOf } from '../util/cutText';

/** In characters, of all folders together. */
const MAX_INSTRUCTIONS = 32 * 1024;

/** What prompts say of the workspace. Agents that start together share one reading. */
export function promptWorkspace(workspace: Workspace): () => Promise<PromptWorkspace> {
  const read = async () => ({
    place: describeWorkspace(workspace),
    instructions: await projectInstructions(workspace),
  });
  let reading: Promise<PromptWorkspace> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

/** The project's instructions for agents: the AGENTS.md of every workspace folder. Empty where there is none. */
export async function projectInstructions(workspace: Workspace): Promise<string> {
  const access = workspace.access();
  const folders = 'folders' in access ? access.folders : [];
  const texts = await Promise.all(folders.map((folder) => readInstructions(workspace, folder)));
  const named = texts.map((text, index) =>
    folders.length > 1 ? `AGENTS.md of ${folders[index]?.name}:\n${text}` : text,
  );
  const all = named.filter((_, index) => texts[index] !== '').join('\n\n');
  const head = headOf(all, MAX_INSTRUCTIONS);
  return head === all ? all : `${head}\n[… ${all.length - head.length} characters more; read AGENTS.md for them.]`;
}

/** The open folders, as prompts name them; where tools can't work, why not. */
export function describeWorkspace(workspace: Workspace): string {
  const access = workspace.access();
  if ('refusal' in access) return access.refusal;
  const [first, ...others] = access.folders;
  if (first !== undefined && others.length === 0) {
    return `The workspace folder is ${first.path}. Paths are relative to it.`;
  }
  const lines = access.folders.map((folder) => `- ${folder.name}: ${folder.path}`);
  return ['The workspace has several folders. Paths begin with the name of one of them.', ...lines].join('\n');
}

async function readInstructions(workspace: Workspace, folder: WorkspaceFolder): Promise<string> {
  try {
    const file = await workspace.resolve(`${folder.path}/AGENTS.md`, 'read');
    return (await workspace.readText(file))?.text.trim() ?? '';
  } catch (error) {
    // Not text, or a link that leads out of the workspace: nothing that would instruct anybody.
    if (error instanceof ToolFault) return '';
    throw error;
  }
}
