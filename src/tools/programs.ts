import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** By name and search path, which somebody may change. */
const found = new Map<string, Promise<string | undefined>>();

/**
 * Where a program is, so that it is never looked for in the folder that it is started in: a project, or an agent, may
 * have put one of its name there. Looked for once; undefined where there is none.
 */
export async function findProgram(name: string): Promise<string | undefined> {
  const searchPath = process.env['PATH'] ?? '';
  const key = `${name}\0${searchPath}`;
  const known = await found.get(key);
  if (known !== undefined) return known;
  const place = lookFor(`${name}${SUFFIX}`, searchPath.split(delimiter));
  found.set(key, place);
  return place;
}

async function lookFor(file: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders.filter((one) => isAbsolute(one))) {
    const path = join(folder, file);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not here: the next one.
    }
  }
  return undefined;
}
