import type { AgentModel } from './agent/model';
import type { DelegationSettings } from './delegation/settings';
import type { ReportStoreProblem, WriteWitness } from './store/storePorts';
import type { ApprovalSettings } from './tools/approvals';
import type { WorkspaceHost } from './tools/workspace';
import type { Clock } from './util/clock';

/** The settings that the engine reads, each time anew. */
export interface EngineSettings {
  readonly delegation: DelegationSettings;
  readonly wakeAgent: 'always' | 'ask';
  readonly approvals: ApprovalSettings;
}

/** Where models come from. */
export interface ModelSource {
  /** Empty or `auto`: by the setting. Rejects with a ModelError where there is no such model. */
  resolve(name: string): Promise<AgentModel>;
  /** The names that a delegation may ask for. */
  names(): readonly string[];
  /** Why a model of this name cannot answer, as far as is known now: there is none, or its key is missing. */
  problemOf(name: string): string | undefined;
  /** The name of the model that a session's choice (empty = the setting's) stands for, as far as that is known. */
  nameOf(choice: string): string;
}

export interface EnginePorts {
  /** The SQLite file; `:memory:` keeps nothing. */
  readonly storeFile: string;
  /** Where the full texts of results go that were too long for a completion block. */
  readonly resultsFolder: string;
  /** Where the worktrees of children are. */
  readonly worktreesFolder: string;
  readonly settings: () => EngineSettings;
  readonly models: ModelSource;
  readonly host: WorkspaceHost;
  readonly clock: Clock;
  readonly reportStoreProblem: ReportStoreProblem;
  readonly witnessWrite?: WriteWitness;
  readonly onError: (message: string, error: unknown) => void;
  /** For the log: what is good to know and no fault. */
  readonly onInfo: (message: string) => void;
}

/** Who delegates without being an agent: the user from the palette, or another extension. */
export interface DirectDispatch {
  readonly sessionId: string;
  readonly origin: 'user' | 'api';
  /** The default of a direct call is `sync` (SPEC 2.2). */
  readonly wait?: 'background' | 'sync';
}
