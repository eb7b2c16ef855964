import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A file that is larger than a narrow model has room for, and is read in parts. */
export const LONG_FILE = 'long.txt';
export const LONG_PARTS = 4;
export const PART_LINES = 100;

const run = promisify(execFile);

/** The workspace that the windows of a chain work in: a git repository where children get worktrees of their own. */
export async function makeProject(folder: string, isRepository: boolean): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const lines = Array.from({ length: LONG_PARTS * PART_LINES }, (_, i) => `Line ${i + 1} says that all of it is well.`);
  writeFileSync(join(folder, LONG_FILE), lines.join('\n'));
  if (!isRepository) return;
  const author = ['-c', 'user.name=Torture', '-c', 'user.email=torture@localhost'];
  for (const args of [
    ['init', '--quiet'],
    ['add', '.'],
    [...author, 'commit', '--quiet', '-m', 'Begin'],
  ])
    await run('git', args, { cwd: folder });
}

/** The file that a child with this goal writes, like no other's. */
export function writtenBy(goal: string): { readonly path: string; readonly content: string } {
  return { path: `${goal.replaceAll(' ', '-')}.made`, content: `This is what ${goal} was for.\n` };
}

/** A file that a child wrote is in this folder, whole. */
export function holds(folder: string, { path, content }: ReturnType<typeof writtenBy>): boolean {
  const file = join(folder, path);
  return existsSync(file) && readFileSync(file, 'utf8') === content;
}
