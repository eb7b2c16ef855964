/**
 * The names that package.json declares to VS Code. A test holds the two together: a name that is here and not there, or
 * there and not here, fails it.
 */

/** Commands of the palette, a menu or a key. */
export const COMMANDS = {
  delegateTask: 'fanout.delegateTask',
  delegateTasks: 'fanout.delegateTasks',
  delegateSelection: 'fanout.delegateSelection',
  attachSelection: 'fanout.attachSelection',
  openChat: 'fanout.openChat',
  openChatInEditor: 'fanout.openChatInEditor',
  newSession: 'fanout.newSession',
  searchSessions: 'fanout.searchSessions',
  exportSession: 'fanout.exportSession',
  showAgents: 'fanout.showAgents',
  stop: 'fanout.stop',
  stopAll: 'fanout.stopAll',
  pause: 'fanout.pause',
  resume: 'fanout.resume',
  selectModel: 'fanout.selectModel',
  setApiKey: 'fanout.setApiKey',
  removeApiKey: 'fanout.removeApiKey',
  clearFinished: 'fanout.clearFinished',
  /** On a row, or (from the palette) on all that the turn in front waits for. */
  moveToBackground: 'fanout.moveToBackground',
  openSettings: 'fanout.openSettings',
  openLog: 'fanout.openLog',
} as const;

/**
 * Commands on one delegation or agent: the row that was clicked, an id, or else the selected row. Not in the palette,
 * where there is no row.
 */
export const ROW_COMMANDS = {
  cancel: 'fanout.cancel',
  steer: 'fanout.steer',
  approve: 'fanout.approve',
  approveAlways: 'fanout.approveAlways',
  deny: 'fanout.deny',
  openTranscript: 'fanout.openTranscript',
  openChanges: 'fanout.openChanges',
  applyChanges: 'fanout.applyChanges',
  discardChanges: 'fanout.discardChanges',
  openWorktree: 'fanout.openWorktree',
  copyResult: 'fanout.copyResult',
  retry: 'fanout.retry',
  retryFailed: 'fanout.retryFailed',
  continue: 'fanout.continue',
  resumeDelegation: 'fanout.resumeDelegation',
  deliverHere: 'fanout.deliverHere',
  remove: 'fanout.remove',
  reveal: 'fanout.reveal',
  showInChat: 'fanout.showInChat',
} as const;

export type CommandName = keyof typeof COMMANDS | keyof typeof ROW_COMMANDS;

export const VIEWS = {
  container: 'fanout',
  chat: 'fanout.chat',
  delegations: 'fanout.delegations',
  /** The chat as an editor tab. */
  chatPanel: 'fanout.chatPanel',
} as const;

/** Context keys that `when` clauses ask for. */
export const CONTEXT_KEYS = {
  paused: 'fanout.paused',
  /** Something is queued or running. */
  active: 'fanout.active',
  /** Nothing but the offline model is there. */
  offline: 'fanout.offline',
  /** What the selected row of the tree is: `active`, `over`, or unset. */
  selection: 'fanout.selection',
} as const;

/** The keys of `fanout.*`. */
export const SETTINGS = [
  'model',
  'providers',
  'requests.maxConcurrent',
  'delegation.maxAsyncDelegations',
  'delegation.maxConcurrentChildren',
  'delegation.maxTasks',
  'delegation.maxSpawnDepth',
  'delegation.maxIterations',
  'delegation.whenFull',
  'delegation.isolation',
  'delegation.resume',
  'delegation.model',
  'delegation.maxSummaryChars',
  'delegation.budget',
  'delegation.stall',
  'completions.wakeAgent',
  'approvals.edits',
  'approvals.commands',
  'approvals.allowedCommands',
] as const;
export type SettingKey = (typeof SETTINGS)[number];

/** A workspace must not set these: what it holds is written by whoever wrote the workspace (SPEC 8). */
export const USER_ONLY_SETTINGS: readonly SettingKey[] = [
  'providers',
  'delegation.resume',
  'approvals.edits',
  'approvals.commands',
  'approvals.allowedCommands',
];

/** The tool by which VS Code's own agent delegates (SPEC 6.7). */
export const DELEGATE_LM_TOOL = 'fanout_delegate';

export const TRANSCRIPT_SCHEME = 'fanout-transcript';

/** Files as they were when an agent with a worktree of its own began. */
export const BASE_SCHEME = 'fanout-base';
