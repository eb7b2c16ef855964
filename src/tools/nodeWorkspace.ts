import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { ToolFault } from '../agent/tool';
import { confine, fileBelow, relativeInside, shownPath } from './confinement';
import { listFolder, walkFolder } from './folders';
import { globMatcher } from './globs';
import { KeyedLock } from './keyedLock';
import { readLineRange } from './lineReader';
import { searchPlainly } from './plainSearch';
import { findRipgrep, searchWithRipgrep } from './ripgrep';
import { FoundLines } from './searching';
import { runInShell } from './shell';
import { readTextFile, textFile, writeTextFile } from './textFile';
import type {
  FileFacts,
  FolderListing,
  LineRange,
  Problem,
  SearchQuery,
  SearchResult,
  ShellCommand,
  ShellEnd,
  TextFile,
  Workspace,
  WorkspaceAccess,
  WorkspaceFile,
  WorkspaceFolder,
  WorkspaceHost,
} from './workspace';

/** The workspace on this machine's disk, as the host's editor shows it. */
export class NodeWorkspace implements Workspace {
  readonly #host: WorkspaceHost;
  readonly #results: WorkspaceFolder | undefined;
  readonly #writing = new KeyedLock();
  #ripgrep: Promise<string | undefined> | undefined;

  /** `resultsFolder` may be read though it lies elsewhere: completion blocks name files in it (SPEC 5.3). */
  constructor(host: WorkspaceHost, resultsFolder?: string) {
    this.#host = host;
    this.#results = resultsFolder === undefined ? undefined : { name: 'results', path: resultsFolder };
  }

  access(): WorkspaceAccess {
    return this.#host.access();
  }

  folders(): readonly WorkspaceFolder[] {
    const access = this.access();
    if ('refusal' in access) throw new ToolFault(access.refusal);
    return access.folders;
  }

  async resolve(path: string, use: 'read' | 'write'): Promise<WorkspaceFile> {
    const folders = this.folders();
    const results = this.#results;
    const meant = this.#host.redirect?.(path) ?? path;
    const isResult = results !== undefined && isAbsolute(path) && relativeInside(results.path, path) !== undefined;
    return isResult && use === 'read'
      ? { ...(await confine([results], path, use)), shown: path }
      : confine(folders, meant, use);
  }

  async factsOf(file: WorkspaceFile): Promise<FileFacts | undefined> {
    try {
      const facts = await stat(file.real);
      return { kind: facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other', size: facts.size };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async readText(file: WorkspaceFile): Promise<TextFile | undefined> {
    const unsaved = this.#host.unsavedText(file);
    if (unsaved !== undefined) return textFile(unsaved, { hasBom: false, unsaved: true });
    const facts = await this.factsOf(file);
    return facts?.kind === 'file' ? readTextFile(file, facts.size) : undefined;
  }

  readLines(file: WorkspaceFile, range: LineRange, signal: AbortSignal): Promise<readonly string[]> {
    return readLineRange(file, range, signal);
  }

  writeText(file: WorkspaceFile, before: TextFile | undefined, text: string): Promise<TextFile> {
    return this.#writing.run(file.real, async () => {
      const now = await this.readText(file);
      if (now?.hash !== before?.hash) {
        throw new ToolFault(
          `${file.shown} changed in the meantime, so nothing was written. Read it again and redo it.`,
        );
      }
      if (now?.unsaved === true) {
        return textFile(await this.#host.saveInEditor(file, text), { hasBom: false, unsaved: false });
      }
      const hasBom = before?.hasBom ?? false;
      await writeTextFile(file, text, hasBom);
      return textFile(text, { hasBom, unsaved: false });
    });
  }

  async list(folder: WorkspaceFile): Promise<FolderListing> {
    return listFolder(folder.real, folder.top);
  }

  async *walk(folder: WorkspaceFile, signal: AbortSignal): AsyncGenerator<WorkspaceFile> {
    for await (const real of walkFolder(folder.real, folder.top, signal)) yield fileBelow(folder, real);
  }

  async search(query: SearchQuery, within: readonly WorkspaceFile[], signal: AbortSignal): Promise<SearchResult> {
    const found = new FoundLines(namer(within, query.glob));
    this.#ripgrep ??= findRipgrep(this.#host.ripgrepCandidates, process.env['PATH'] ?? '');
    const ripgrep = await this.#ripgrep;
    const paths = within.map((file) => file.real);
    const done = ripgrep !== undefined && (await searchWithRipgrep(ripgrep, query, paths, found, signal));
    if (!done) await searchPlainly(query, this.#filesIn(within, signal), found, signal);
    return found.result();
  }

  run(command: ShellCommand, onOutput: (text: string) => void, signal: AbortSignal): Promise<ShellEnd> {
    const { timeoutMs } = command;
    const options = { cwd: command.cwd.real, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    return runInShell(command.command, options, onOutput, signal);
  }

  problems(within?: WorkspaceFile): readonly (Problem & { readonly shown: string })[] {
    const folders = this.folders();
    return this.#host.problems().flatMap((problem) => {
      if (within !== undefined && relativeInside(within.path, problem.path) === undefined) return [];
      const shown = shownInFolders(folders, problem.path);
      return shown === undefined ? [] : [{ ...problem, shown }];
    });
  }

  async *#filesIn(within: readonly WorkspaceFile[], signal: AbortSignal): AsyncGenerator<string> {
    for (const file of within) {
      if ((await this.factsOf(file))?.kind === 'folder') yield* walkFolder(file.real, file.top, signal);
      else yield file.real;
    }
  }
}

/** Names the files below some starting points; undefined for a file that the glob does not match. */
function namer(within: readonly WorkspaceFile[], glob: string | undefined): (path: string) => string | undefined {
  const matches = glob === undefined ? () => true : globMatcher(glob);
  return (path) => {
    const start = within.find((file) => relativeInside(file.real, path) !== undefined);
    if (start === undefined) return undefined;
    const { shown } = fileBelow(start, path);
    return matches(shown, start.shown) ? shown : undefined;
  };
}

function shownInFolders(folders: readonly WorkspaceFolder[], path: string): string | undefined {
  for (const folder of folders) {
    const inFolder = relativeInside(folder.path, path);
    if (inFolder !== undefined) return shownPath(folders, folder, inFolder);
  }
  return undefined;
}
