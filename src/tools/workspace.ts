import type { LineRange } from '../agent/tool';

/** A folder that is open in VS Code (or a worktree that stands in for one). */
export interface WorkspaceFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** A file or folder that was found to lie inside the workspace; it need not exist. */
export interface WorkspaceFile {
  /** Absolute, every link resolved: what is read and written, and the key of locks and ledgers. */
  readonly real: string;
  /** The same under the workspace folder's own name, as an editor knows it. */
  readonly path: string;
  /** For people and models: relative, with `/`; with the folder's name in front where several are open. */
  readonly shown: string;
  /** The workspace folder that it lies in, every link resolved. */
  readonly top: string;
}

/** The folders to work in, or one sentence that says why there are none. */
export type WorkspaceAccess = { readonly folders: readonly WorkspaceFolder[] } | { readonly refusal: string };

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface Problem {
  /** Absolute. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly severity: Severity;
  readonly message: string;
  readonly source?: string;
}

/** What the workspace asks of the program that it is open in. Asked anew each time: all of it changes. */
export interface WorkspaceHost {
  access(): WorkspaceAccess;
  /** The text of a file that is open with unsaved changes; undefined for any other file. */
  unsavedText(file: WorkspaceFile): string | undefined;
  /** Puts text into the editor that holds the file and saves it. Resolves to what was saved: a formatter may change it. */
  saveInEditor(file: WorkspaceFile, text: string): Promise<string>;
  problems(): readonly Problem[];
  /** Where a path that a model gives leads, if that is elsewhere: a worktree stands in for the user's folders. */
  redirect?(path: string): string;
  /** Places where ripgrep may be, best first; PATH comes after them. */
  readonly ripgrepCandidates: readonly string[];
}

/** The text of a file at one moment. */
export interface TextFile {
  /** Without the byte order mark. */
  readonly text: string;
  readonly hasBom: boolean;
  /** Of `text`; what a ledger keeps. */
  readonly hash: string;
  /** It comes from an editor and is not on disk yet. */
  readonly unsaved: boolean;
}

export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'other';
  /** In bytes. */
  readonly size: number;
  /** Whether anybody may write to it: false for a file marked as read-only. */
  readonly writable: boolean;
}

interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

export interface FolderListing {
  /** In order of name, folders first. */
  readonly entries: readonly FolderEntry[];
  /** How many entries .gitignore keeps out. */
  readonly ignored: number;
}

export interface SearchQuery {
  readonly pattern: string;
  readonly isRegex: boolean;
  readonly caseSensitive: boolean;
  /** A glob that the files' paths must match. */
  readonly glob?: string;
}

export interface SearchMatch {
  readonly shown: string;
  /** Counted from 1; of several lines the first. */
  readonly line: number;
  /** The whole line, or the piece around the match where it is very long. Several lines where the match spans them. */
  readonly text: string;
}

/** How far a search or a listing got. "Nothing found" means something only where it looked everywhere. */
export interface Reach {
  /** It ended early: there were too many matches, or it took too long. */
  readonly stopped: 'full' | 'time' | undefined;
  /** What could not be looked at, as people and models know it, each with the reason; not all of it where it is much. */
  readonly unread: readonly string[];
}

export interface SearchResult extends Reach {
  /** Matches in order of path and line. */
  readonly matches: readonly SearchMatch[];
}

export interface FoundFiles extends Reach {
  /** As people and models know them, in order. */
  readonly files: readonly string[];
}

export interface ShellCommand {
  readonly command: string;
  readonly cwd: WorkspaceFile;
  readonly timeoutMs?: number;
}

export interface ShellEnd {
  readonly how: 'exited' | 'timed-out' | 'interrupted';
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** What still ran when the shell had ended by itself, and was ended then: each as it was started, on one line. */
  readonly ended: readonly string[];
  /** Something could not be ended, or not be found: it may run on. */
  readonly isLeft: boolean;
}

/**
 * All of a workspace that tools touch: its files, its search, its processes. Paths given by a model go through
 * {@link Workspace.resolve} first, which confines them; everything else takes the result of that. Failures that a
 * model can mend are ToolFaults.
 */
export interface Workspace {
  access(): WorkspaceAccess;
  /** Those of `access()`; a ToolFault with its sentence where there are none. */
  folders(): readonly WorkspaceFolder[];
  /** Throws a ToolFault where the path leads out of the workspace or, for a `write`, into a repository's `.git`. */
  resolve(path: string, use: 'read' | 'write'): Promise<WorkspaceFile>;
  /** Undefined where there is nothing. */
  factsOf(file: WorkspaceFile): Promise<FileFacts | undefined>;
  /** The text in the editor where that is newer, else the text on disk. Undefined where there is no such file. */
  readText(file: WorkspaceFile): Promise<TextFile | undefined>;
  /** A part of a file that is too large for `readText`, read without loading the rest. */
  readLines(file: WorkspaceFile, range: LineRange, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Writes a file as a whole, or not at all: where it no longer is as `before` says, a ToolFault and nothing
   * written. `before` undefined means that the file must not exist; its parent folders are made. A byte order mark
   * stays as it is; a new file gets one where the text begins with one. Whatever else belongs to the file stays.
   */
  writeText(file: WorkspaceFile, before: TextFile | undefined, text: string): Promise<TextFile>;
  list(folder: WorkspaceFile): Promise<FolderListing>;
  /** All files below some folders but those that .gitignore keeps out; links are not followed. */
  findFiles(within: readonly WorkspaceFile[], glob: string | undefined, signal: AbortSignal): Promise<FoundFiles>;
  /** Searches below files or folders, on disk: unsaved text is not seen. */
  search(query: SearchQuery, within: readonly WorkspaceFile[], signal: AbortSignal): Promise<SearchResult>;
  /** Runs a command in a shell. Once this resolves, every process that it started is gone, but for what `isLeft` says. */
  run(command: ShellCommand, onOutput: (text: string) => void, signal: AbortSignal): Promise<ShellEnd>;
  /** What the editor's languages complain of, below a file or folder, or everywhere. */
  problems(within?: WorkspaceFile): readonly (Problem & { readonly shown: string })[];
}
