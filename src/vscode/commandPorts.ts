import type { DelegationPool } from '../delegation/pool';
import type { ChangedFile } from '../delegation/worktree';
import type { ProviderSettings } from '../models/providerSettings';
import type { ModelOption, Place } from '../protocol';
import type { ExportFormat } from '../session/exportSession';
import type { SearchHit } from '../store/searchStore';
import type { Approvals } from '../tools/approvals';
import type { Applied } from '../tools/worktrees';
import type { Log } from './log';
import type { Prompts } from './prompts';
import type { ApiKeys } from './secrets';
import type { TreeRow } from './treeRows';

/** The conversations, as far as commands need them. */
export interface SessionPort {
  /** The session in front. */
  front(): { readonly isEmpty: boolean };
  /** Shows it; false where it was deleted. */
  show(sessionId: string): boolean;
  /** The newest places, in all sessions, in which words begin with those of `text`. */
  search(text: string): readonly SearchHit[];
  /** The session in front as a file's text, piece by piece, without secrets. */
  export(format: ExportFormat): { readonly title: string; readonly pieces: Iterable<string> };
  newSession(): void | Promise<void>;
  /** Interrupts the turn of the session in front; false where none runs. */
  stopTurn(): boolean;
  /** Moves to the background what the turn of the session in front waits for inline; returns how many. */
  moveToBackground(): number;
  /** How many turns run, in all sessions. */
  runningTurns(): number;
  /** Interrupts the turns of all sessions, and lets what completed until now wake no agent. */
  halt(): void;
  /** The session with this id, or the one in front where that is gone: where results can go. */
  addressee(sessionId: string): string;
  /**
   * Dispatches in the background of the session in front. Resolves to the delegation's id, or to one sentence that says
   * what was wrong.
   */
  delegate(tasks: readonly string[], context: string): Promise<{ readonly id: string } | { readonly error: string }>;
  /** Lets a delegation that was cut off go on in place; undefined, or one sentence that says why it cannot. */
  resumeWork(delegationId: string): string | undefined;
  /** Sends a waiting completion to the session in front; false where it was delivered before. */
  deliverHere(delegationId: string): boolean;
}

/** The worktrees of children, by their ids. What cannot be done now is thrown, with a sentence that says why. */
export interface WorktreePort {
  /** As they are on disk now. */
  changes(childId: string): Promise<readonly ChangedFile[]>;
  /** Absolute path of a file in the worktree. */
  fileIn(childId: string, path: string): string;
  apply(childIds: readonly string[]): Promise<Applied>;
  discard(childIds: readonly string[]): Promise<void>;
}

export interface ChatPort {
  /** Shows the chat and puts the cursor into its message box. */
  open(): void | Promise<void>;
  openInEditor(): void | Promise<void>;
  /** Puts text into the message box. */
  insert(text: string): void | Promise<void>;
  /** Scrolls to it in the session that is shown. */
  reveal(place: Place): void | Promise<void>;
}

export interface TreePort {
  /** The row that the keyboard is on. */
  readonly selected: TreeRow | undefined;
  rowOf(id: string): TreeRow | undefined;
  /** Shows and selects a row; the keyboard goes there unless `focus` is false. False where there is no such row. */
  reveal(id: string, options?: { readonly focus?: boolean }): Promise<boolean>;
  focus(): Promise<void>;
}

export interface ModelPort {
  list(): Promise<readonly ModelOption[]>;
  /** The chosen model's name. */
  current(): string;
  pick(name: string): void | Promise<void>;
}

/** `fanout.providers` in the user's settings. */
export interface ProviderPort {
  list(): readonly ProviderSettings[];
  add(provider: ProviderSettings): Promise<void>;
}

/** One file of a worktree, to be shown beside what it was. */
export interface WorktreeChange extends ChangedFile {
  readonly childId: string;
  /** Absolute; not there where the file was deleted. */
  readonly file: string;
}

export interface Selection {
  /** Workspace-relative. */
  readonly path: string;
  readonly text: string;
  /** From 1, both included. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** VS Code's name of the language, for a fence. */
  readonly language: string;
}

/** What VS Code itself does for a command. */
export interface HostPort {
  isTrusted(): boolean;
  manageTrust(): Promise<void>;
  openSettings(query?: string): Promise<void>;
  /** What is selected in the active editor. */
  selection(): Selection | undefined;
  copy(text: string): Promise<void>;
  openTranscript(childId: string): Promise<void>;
  /** Lets the user choose a file to write, which may not be there yet. */
  saveAs(suggestedName: string): Promise<string | undefined>;
  openFile(path: string): Promise<void>;
  /** Shows what changed in a file of the workspace. */
  openChange(path: string): Promise<void>;
  /** Shows all changes of a worktree in one editor. */
  openWorktreeChanges(title: string, changes: readonly WorktreeChange[]): Promise<void>;
  /** Opens a folder in a window of its own. */
  openFolder(path: string): Promise<void>;
}

/** All that commands work on. */
export interface CommandPorts {
  readonly pool: DelegationPool;
  readonly approvals: Pick<Approvals, 'pending' | 'decide'>;
  readonly sessions: SessionPort;
  readonly chat: ChatPort;
  readonly tree: TreePort;
  readonly models: ModelPort;
  readonly providers: ProviderPort;
  readonly keys: ApiKeys;
  readonly worktrees: WorktreePort;
  readonly prompts: Prompts;
  readonly host: HostPort;
  readonly log: Log;
}
