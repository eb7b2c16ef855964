import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Ignore } from 'ignore';
import { readPlainFile } from './plainFile';

/** In bytes. What is larger was not written as rules. */
const MAX_RULES = 256 * 1024;
/** In one rule: with more of them a single name can take for ever to be tested. */
const MAX_STARS = 8;

interface Layer {
  readonly folder: string;
  readonly rules: Ignore;
}

/** What .gitignore files say of one folder's entries: its own file and those of the folders above, nearest first. */
export class IgnoreRules {
  readonly #layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /**
   * The rules for a folder, those above it up to the repository's top (or `top`) included. A folder that is itself
   * ignored starts without them: who asks for it by name wants to see into it.
   */
  static async of(folder: string, top: string): Promise<IgnoreRules> {
    let rules = new IgnoreRules([]);
    for (const above of await foldersDownTo(folder, top)) {
      if (rules.ignores(above, true)) rules = new IgnoreRules([]);
      rules = await rules.below(above);
    }
    return rules;
  }

  /** Whether some file that the rules for a folder come from is none that a program should open. */
  static async areStrange(folder: string, top: string): Promise<boolean> {
    const places = (await foldersDownTo(folder, top)).map((above) => isStrange(join(above, '.gitignore')));
    return (await Promise.all(places)).includes(true);
  }

  /** The rules for a folder right below. */
  async below(folder: string): Promise<IgnoreRules> {
    const text = await readIfThere(join(folder, '.gitignore'));
    const more = await readIfThere(join(folder, '.git', 'info', 'exclude'));
    if (text === undefined && more === undefined) return this;
    // As git does, but for its own setting per repository.
    const ignorecase = process.platform === 'win32' || process.platform === 'darwin';
    const { default: ignore } = await import('ignore');
    const rules = ignore({ ignorecase })
      .add(more ?? '')
      .add(text ?? '');
    return new IgnoreRules([{ folder, rules }, ...this.#layers]);
  }

  ignores(path: string, isFolder: boolean): boolean {
    for (const { folder, rules } of this.#layers) {
      const inFolder = relative(folder, path).split(sep).join('/');
      const { ignored, unignored } = rules.test(isFolder ? `${inFolder}/` : inFolder);
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

/** The folders whose .gitignore counts for `folder`, outermost first, itself last. */
async function foldersDownTo(folder: string, top: string): Promise<string[]> {
  const folders: string[] = [];
  const upToTop: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    folders.unshift(at);
    if (relative(at, top) === '') upToTop.push(...folders);
    if (await exists(join(at, '.git'))) return folders;
    if (dirname(at) === at) return upToTop.length > 0 ? upToTop : [folder];
  }
}

/** Rules that can't be read, or are no plain file (a link to a device, a pipe), are none. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const text = (await readPlainFile(path, MAX_RULES))?.toString('utf8');
    const isSafe = (rule: string) => rule.split('*').length - 1 <= MAX_STARS;
    return text?.split('\n').filter(isSafe).join('\n');
  } catch {
    return undefined;
  }
}

async function isStrange(path: string): Promise<boolean> {
  try {
    const facts = await stat(path);
    return !facts.isDirectory() && !facts.isFile();
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
