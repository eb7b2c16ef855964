import { join } from 'node:path';
import type { ChangedFile } from '../../../src/delegation/worktree';
import type { SearchHit } from '../../../src/store/searchStore';
import { Approvals } from '../../../src/tools/approvals';
import type { Applied } from '../../../src/tools/worktrees';
import type { ProviderSettings } from '../../../src/models/providerSettings';
import type { CommandPorts, Selection } from '../../../src/vscode/commandPorts';
import { ApiKeys } from '../../../src/vscode/secrets';
import type { TreeRow } from '../../../src/vscode/treeRows';
import { RecordedPrompts } from '../../fakes/recordedPrompts';
import { SecretMemory } from '../../fakes/secretMemory';
import { poolHarness } from '../delegation/poolHarness';

export interface CommandHarnessOptions {
  readonly answers?: readonly (string | undefined)[];
  readonly untrusted?: boolean;
  readonly selection?: Selection;
  readonly selected?: TreeRow;
  readonly providers?: readonly ProviderSettings[];
  /** What a dispatch is answered with. */
  readonly refusal?: string;
  /** What a search looks through. */
  readonly hits?: readonly SearchHit[];
  /** What the session in front is as a file; absent = it is empty. */
  readonly exported?: Iterable<string>;
  /** The folder in which the user saves; absent = they dismiss the dialog. */
  readonly saveIn?: string;
  /** What children changed in their worktrees, by their ids. */
  readonly changes?: Readonly<Record<string, readonly ChangedFile[]>>;
  /** What an attempt to apply it comes to; absent = it is applied. */
  readonly applied?: (childIds: readonly string[]) => Applied;
  /** The session that takes the place of one that was deleted. */
  readonly addressee?: string;
  /** Notifications wait for a click. */
  readonly wait?: boolean;
}

/** The ports of the commands around a real pool; what VS Code would do is written down in `done`. */
export function commandHarness(options: CommandHarnessOptions = {}) {
  const harness = poolHarness();
  const prompts = new RecordedPrompts(options.answers, { wait: options.wait ?? false });
  const approvals = new Approvals(() => ({ edits: 'ask', commands: 'ask', allowedCommands: [] }), harness.clock);
  const keys = new ApiKeys(new SecretMemory());
  const done: string[] = [];
  const did = (what: string) => async () => void done.push(what);
  const turn = { running: false };
  const providers = [...(options.providers ?? [])];
  const ports: CommandPorts = {
    pool: harness.pool,
    approvals,
    prompts,
    keys,
    sessions: {
      front: () => ({ isEmpty: options.exported === undefined }),
      show: (id) => id !== 'deleted' && done.push(`show session ${id}`) > 0,
      search: (text) => (options.hits ?? []).filter(({ snippet }) => snippet.includes(text)),
      export: (format) => ({ title: 'Fix: the cart!', pieces: [`${format}: `, ...(options.exported ?? [])] }),

      newSession: did('new session'),
      stopTurn: () => turn.running,
      moveToBackground: () => harness.pool.detachAll('session-1'),
      runningTurns: () => (turn.running ? 1 : 0),
      halt: () => undefined,
      addressee: (id) => options.addressee ?? id,
      async delegate(tasks, context) {
        if (options.refusal !== undefined) return { error: options.refusal };
        if (harness.pool.paused) return { error: 'Paused.' };
        done.push(`delegate ${JSON.stringify(tasks)} ${JSON.stringify(context)}`);
        return { id: 'deleg_11111111' };
      },
      resumeWork: (id) => (harness.pool.resumeWork(id) ? undefined : 'It is not cut off any more.'),
      deliverHere: (id) => harness.completions.readdress(id, 'session-1'),
    },
    chat: {
      open: did('open chat'),
      openInEditor: did('open chat in editor'),
      insert: (text) => void done.push(`insert ${text}`),
      reveal: (place) => void done.push(`show ${'entry' in place ? place.entry : place.delegationId} in chat`),
    },
    worktrees: {
      changes: async (id) => options.changes?.[id] ?? [],
      fileIn: (id, path) => `/worktrees/${id}/${path}`,
      async apply(ids) {
        done.push(`apply ${ids.join(', ')}`);
        const files = ids.flatMap((id) => options.changes?.[id] ?? []).map(({ path }) => path);
        return options.applied?.(ids) ?? { kind: 'applied', files };
      },
      discard: async (ids) => void done.push(`discard ${ids.join(', ')}`),
    },
    tree: {
      selected: options.selected,
      rowOf: () => undefined,
      reveal: async (id, { focus = true } = {}) => done.push(`${focus ? 'reveal' : 'show'} ${id}`) > 0,
      focus: did('focus tree'),
    },
    models: {
      list: async () => [{ name: 'acme/large', label: 'Large', detail: 'Acme' }],
      current: () => 'offline',
      pick: (name) => void done.push(`pick ${name}`),
    },
    providers: {
      list: () => providers,
      add: async (provider) => void providers.push(provider),
    },
    host: {
      isTrusted: () => options.untrusted !== true,
      manageTrust: did('manage trust'),
      openSettings: did('open settings'),
      selection: () => options.selection,
      copy: async (text) => void done.push(`copy ${text}`),
      openTranscript: async (childId) => void done.push(`open transcript ${childId}`),
      saveAs: async (name) => (options.saveIn === undefined ? undefined : join(options.saveIn, name)),
      openFile: async (path) => void done.push(`open ${path}`),
      openChange: async (path) => void done.push(`open change ${path}`),
      openWorktreeChanges: async (title, changes) =>
        void done.push(`${title}: ${changes.map(({ file }) => file).join(', ')}`),
      openFolder: async (path) => void done.push(`open folder ${path}`),
    },
    log: { debug() {}, info() {}, warn() {}, error() {}, show: () => void done.push('open log') },
  };
  return { ...harness, ports, prompts, approvals, keys, done, turn, providers };
}
