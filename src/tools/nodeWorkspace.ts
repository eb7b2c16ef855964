import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { ToolFault, type LineRange } from '../agent/tool';
import { confine, PATH_TOO_LONG, relativeInside, shownPath } from './confinement';
import { isWritableMode, writeFileBytes } from './fileBytes';
import { FileSearch } from './fileSearch';
import { listFolder } from './folders';
import { KeyedLock } from './keyedLock';
import { readLineRange } from './lineReader';
import { runInShell } from './shell';
import { beginsWithBom, encode, readTextFile, storable, textFile } from './textFile';
import { asWrittenOnDisk } from './unicodeNames';
import type {
  FileFacts,
  FolderListing,
  FoundFiles,
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
  readonly #search: FileSearch;

  /** `resultsFolder` may be read though it lies elsewhere: completion blocks name files in it (SPEC 5.3). */
  constructor(host: WorkspaceHost, resultsFolder?: string) {
    this.#host = host;
    this.#search = new FileSearch(host.ripgrepCandidates);
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
      : asWrittenOnDisk(await confine(folders, meant, use), (real) => confine(folders, real, use));
  }

  async factsOf(file: WorkspaceFile): Promise<FileFacts | undefined> {
    try {
      const facts = await stat(file.real);
      const kind = facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other';
      return { kind, size: facts.size, writable: isWritableMode(facts.mode) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      if (code === 'ENAMETOOLONG') throw new ToolFault(PATH_TOO_LONG);
      if (code === 'EACCES' || code === 'EPERM')
        throw new ToolFault(`${file.shown} can't be looked at: a folder on the way is closed for this user (${code}).`);
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

  writeText(file: WorkspaceFile, before: TextFile | undefined, given: string): Promise<TextFile> {
    const text = storable(given);
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
      const hasBom = before?.hasBom ?? beginsWithBom(given);
      await writeFileBytes(file, encode(text, hasBom));
      return textFile(text, { hasBom, unsaved: false });
    });
  }

  async list(folder: WorkspaceFile): Promise<FolderListing> {
    return listFolder(folder.real, folder.top);
  }

  findFiles(within: readonly WorkspaceFile[], glob: string | undefined, signal: AbortSignal): Promise<FoundFiles> {
    return this.#search.files(within, glob, signal);
  }

  search(query: SearchQuery, within: readonly WorkspaceFile[], signal: AbortSignal): Promise<SearchResult> {
    return this.#search.search(query, within, signal);
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
}

function shownInFolders(folders: readonly WorkspaceFolder[], path: string): string | undefined {
  for (const folder of folders) {
    const inFolder = relativeInside(folder.path, path);
    if (inFolder !== undefined) return shownPath(folders, folder, inFolder);
  }
  return undefined;
}
