import type { Tool } from '../agent/tool';
import { editFileTool } from './editFile';
import { findFilesTool } from './findFiles';
import { getProblemsTool } from './getProblems';
import { listFilesTool } from './listFiles';
import { readFileTool } from './readFile';
import { runCommandTool } from './runCommand';
import { searchTextTool } from './searchText';
import type { Workspace } from './workspace';
import { writeFileTool } from './writeFile';

export interface Toolset {
  readonly name: string;
  /** One line, for the schema of `delegate_task` and for prompts. */
  readonly description: string;
  readonly tools: readonly string[];
}

/** All toolsets that an agent can hold; an agent for which none is named holds all of them. */
export const TOOLSETS: readonly Toolset[] = [
  {
    name: 'read',
    description: 'read, list, find and search files; see problems',
    tools: ['read_file', 'list_files', 'find_files', 'search_text', 'get_problems'],
  },
  { name: 'edit', description: 'change and make files', tools: ['edit_file', 'write_file'] },
  { name: 'run', description: 'run commands', tools: ['run_command'] },
];

export function createTools(workspace: Workspace): Tool[] {
  return [
    readFileTool(workspace),
    listFilesTool(workspace),
    findFilesTool(workspace),
    searchTextTool(workspace),
    getProblemsTool(workspace),
    editFileTool(workspace),
    writeFileTool(workspace),
    runCommandTool(workspace),
  ];
}

/** Those tools that are in at least one of the named toolsets. */
export function toolsInSets(tools: readonly Tool[], names: readonly string[]): Tool[] {
  const wanted = new Set(TOOLSETS.filter((set) => names.includes(set.name)).flatMap((set) => set.tools));
  return tools.filter((tool) => wanted.has(tool.name));
}
