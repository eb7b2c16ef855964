import type { ToolCall } from '../agent/messages';
import type { DelegationPool } from '../delegation/pool';
import type { ModelOption, NoticeCommand, RowAction } from '../protocol';
import type { Session } from '../session/session';
import type { Sessions } from '../session/sessions';
import type { Approvals } from '../tools/approvals';
import type { Clock } from '../util/clock';
import type { Event } from '../util/emitter';

/** What the chat needs of the rest; nothing of it is VS Code's, so that it is tested without. */
export interface ChatPorts {
  readonly sessions: Sessions;
  readonly pool: DelegationPool;
  readonly approvals: Approvals;
  readonly clock: Clock;
  /** Resolves when all that happened up to now outlives this process. */
  readonly written: () => Promise<void>;
  readonly isTrusted: () => boolean;
  readonly onDidChangeTrust: Event<void>;
  /** All models that a session can use. */
  readonly models: () => Promise<readonly ModelOption[]>;
  readonly onDidChangeModels: Event<void>;
  /** How a session's choice (empty = the setting's) is called. */
  readonly modelOf: (choice: string) => { readonly model: string; readonly label: string };
  readonly pickModel: (session: Session, name: string) => Promise<void>;
  /** Without a name the user picks. Returns the name; undefined where they did not. Rejects for an unknown name. */
  readonly chooseModel: (session: Session, name: string) => Promise<string | undefined>;
  readonly targetOf: (call: ToolCall) => string;
  /** The full text of an over child; its newest text while it runs. */
  readonly summaryOf: (childId: string) => string;
  readonly findFiles: (query: string) => Promise<readonly string[]>;
  readonly act: (action: RowAction, id: string, session: Session) => Promise<void>;
  readonly openFile: (path: string, line: number | undefined) => Promise<void>;
  readonly openLink: (href: string) => Promise<void>;
  readonly runNoticeCommand: (command: Exclude<NoticeCommand, 'retryTurn'>) => Promise<void>;
}
