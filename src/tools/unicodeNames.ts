import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { WorkspaceFile } from './workspace';

/**
 * The file that a path means though it is spelt with other code points: `é` is one character or two, looks the same, and
 * a model can't tell them apart. The file itself where it is there as spelt, or nothing looks like it.
 */
export async function asWrittenOnDisk(
  file: WorkspaceFile,
  confine: (real: string) => Promise<WorkspaceFile>,
): Promise<WorkspaceFile> {
  const inside = relative(file.top, file.real);
  // Nearly all names are plain letters, which have one spelling.
  if (/^[\x20-\x7e]*$/.test(inside) || (await isThere(file.real))) return file;
  let found = file.top;
  for (const name of inside.split(sep)) {
    found = join(found, await nameIn(found, name));
  }
  return found === file.real ? file : confine(found);
}

/** The name of the entry of a folder that looks like this one; the name itself where there is none. */
async function nameIn(folder: string, name: string): Promise<string> {
  if (await isThere(join(folder, name))) return name;
  const composed = name.normalize('NFC');
  try {
    return (await readdir(folder)).find((entry) => entry.normalize('NFC') === composed) ?? name;
  } catch {
    return name;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
