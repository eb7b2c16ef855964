import { dirname, join } from 'node:path';
import type { AgentModel } from './agent/model';
import type { PromptWorkspace } from './agent/prompts';
import { sessionPrompt } from './agent/prompts';
import type { Tool } from './agent/tool';
import { createRunChild } from './delegation/child';
import { CompletionQueue } from './delegation/completions';
import type { Dispatched } from './delegation/dispatch';
import { DelegationPool } from './delegation/pool';
import type { DelegationInput } from './delegation/request';
import { readDelegationInput, unusableSchema } from './delegation/request';
import { nestedAmong, transcriptUri } from './delegation/result';
import type { DelegationSettings } from './delegation/settings';
import type { DirectDispatch, EnginePorts } from './enginePorts';
import type { FullTexts } from './delegation/told';
import { completionText } from './session/completionText';
import type { TurnSetup } from './session/sessionPorts';
import { Sessions } from './session/sessions';
import type { Guard } from './recovery';
import { adopt, goesOnByItself, guardOf } from './recovery';
import { ChangeFeed } from './store/changeFeed';
import { Claims } from './store/claims';
import { Database } from './store/database';
import { DelegationStore } from './store/delegationStore';
import type { Hosts } from './store/hosts';
import { LockedHosts, LoneHost } from './store/hosts';
import { Housekeeping } from './store/housekeeping';
import { SearchFill } from './store/searchFill';
import { SearchStore } from './store/searchStore';
import { SessionStore } from './store/sessionStore';
import { TranscriptStore } from './store/transcriptStore';
import { Approvals } from './tools/approvals';
import { delegateTask } from './tools/delegateTask';
import { delegations } from './tools/delegations';
import { fullTextsIn } from './tools/fullTexts';
import { promptWorkspace } from './tools/instructions';
import { NodeWorkspace } from './tools/nodeWorkspace';
import { createTools, TOOLSETS } from './tools/toolsets';
import { Workplaces } from './tools/workplaces';
import { Worktrees } from './tools/worktrees';

const ALL_TOOLSETS = TOOLSETS.map(({ name }) => name);
const TOOLSET_DESCRIPTIONS = Object.fromEntries(TOOLSETS.map(({ name, description }) => [name, `${description}.`]));

/** The whole of Fanout but for its surfaces; nothing in it is VS Code's, so it runs in a benchmark and in a crash test. */
export class Engine {
  readonly pool: DelegationPool;
  readonly completions: CompletionQueue;
  readonly sessions: Sessions;
  readonly approvals: Approvals;
  readonly transcripts: TranscriptStore;
  readonly search: SearchStore;
  readonly workspace: NodeWorkspace;
  readonly worktrees: Worktrees;
  readonly #ports: EnginePorts;
  readonly #db: Database;
  readonly #hosts: Hosts;
  readonly #claims: Claims;
  readonly #delegations: DelegationStore;
  readonly #housekeeping: Housekeeping;
  readonly #fullTexts: FullTexts;
  readonly #tools: readonly Tool[];
  readonly #workplaces: Workplaces;
  readonly #describe: () => Promise<PromptWorkspace>;
  readonly #searchFill: SearchFill;
  readonly #guard: Guard;
  #feed: ChangeFeed | undefined;
  /** Nothing runs by itself before: the workspace may not be trusted. */
  #started = false;
  /** Something could not be claimed, as another program holds the store. */
  #awaitsStore = false;

  constructor(ports: EnginePorts) {
    const { clock, settings, onError, onInfo } = ports;
    this.#ports = ports;
    this.#guard = guardOf(ports);
    this.#db = Database.open(ports.storeFile, ports.reportStoreProblem, {
      clock,
      onError,
      onInfo,
      mayWrite: () => this.#hosts.announce(),
      ...(ports.witnessWrite && { witness: ports.witnessWrite }),
    });
    this.#hosts = this.#db.isInMemory ? new LoneHost() : new LockedHosts(hostsFolder(ports), onError);
    this.#claims = new Claims(this.#db, this.#hosts);
    this.#delegations = new DelegationStore(this.#db, clock);
    this.transcripts = new TranscriptStore(this.#db, clock);
    this.search = new SearchStore(this.#db);
    this.#searchFill = new SearchFill(this.#db, clock);
    this.approvals = new Approvals(() => settings().approvals, clock);
    this.workspace = new NodeWorkspace(ports.host, ports.resultsFolder);
    this.#fullTexts = fullTextsIn(ports.resultsFolder, onError);
    this.#tools = createTools(this.workspace);
    this.#describe = promptWorkspace(this.workspace);
    this.completions = new CompletionQueue(this.#delegations);
    this.pool = new DelegationPool({
      runChild: this.#childRunner(),
      settings: () => settings().delegation,
      completions: this.completions,
      journal: this.#delegations,
      clock,
      onError,
    });
    const { host, resultsFolder } = ports;
    this.worktrees = new Worktrees({
      pool: this.pool,
      workspace: this.workspace,
      host,
      folder: ports.worktreesFolder,
      isElsewhere: ({ sessionId }) => this.#claims.isElsewhere(sessionId),
      onError,
    });
    this.#workplaces = this.#furnish();
    this.#housekeeping = new Housekeeping({ store: this.#delegations, resultsFolder, clock, onError });
    this.pool.onDidRemove((id) => this.#housekeeping.removeResults([id]));
    this.#adopt();
    this.sessions = this.#createSessions();
    if (!this.#db.isOpen) this.#whenReadable(() => this.#lookAgain());
  }

  /** Wakes the sessions for which something waits from an earlier run; nothing starts before this is called. */
  start(): void {
    this.#started = true;
    this.#takeUp();
    if (this.#db.isOpen) return this.#lookAfterStore();
    this.#whenReadable(() => {
      this.refresh();
      this.#lookAfterStore();
    });
  }

  #lookAfterStore(): void {
    if (this.#db.isInMemory) return;
    this.#housekeeping.start();
    this.#searchFill.start();
    this.worktrees.sweep(() => this.#delegations.worktrees());
    const { clock, onError } = this.#ports;
    let seen = this.#db.otherWrites;
    this.#feed = new ChangeFeed({
      folders: [dirname(this.#ports.storeFile), hostsFolder(this.#ports)],
      clock,
      onError,
      isWaiting: () => this.#looksOn(),
      onChange: () => {
        const { otherWrites } = this.#db;
        if (otherWrites === seen && !this.#looksOn()) return;
        seen = otherWrites;
        this.refresh();
      },
    });
  }

  /** Delegates without an agent. What is wrong with the input comes back as a refusal. */
  delegate(input: unknown, direct: DirectDispatch, signal: AbortSignal): Dispatched {
    const request = this.#read(input, direct);
    return 'error' in request ? { kind: 'refused', error: request.error } : this.#dispatch(request, direct, signal);
  }

  /** The same for the input of strangers, who may ask for a form of the answers that nothing can be held to. */
  async delegateForOthers(input: unknown, direct: DirectDispatch, signal: AbortSignal): Promise<Dispatched> {
    const request = this.#read(input, direct);
    if ('error' in request) return { kind: 'refused', error: request.error };
    const error = await unusableSchema(request.tasks);
    return error === undefined ? this.#dispatch(request, direct, signal) : { kind: 'refused', error };
  }

  #dispatch(request: DelegationInput, { sessionId, origin, wait = 'sync' }: DirectDispatch, signal: AbortSignal) {
    return this.pool.dispatch({ ...request, sessionId, origin, wait, depth: 1, whenFull: 'queue' }, signal);
  }

  #read(input: unknown, { sessionId }: DirectDispatch): ReturnType<typeof readDelegationInput> {
    const { models, settings } = this.#ports;
    const { delegation: limits } = settings();
    return readDelegationInput(input, {
      maxTasks: limits.maxTasks,
      knownToolsets: ALL_TOOLSETS,
      models: models.names(),
      modelProblem: (name) => models.problemOf(name),
      parentToolsets: ALL_TOOLSETS,
      defaultModelFrom: limits.model === '' ? 'the model of the conversation' : 'fanout.delegation.model',
      defaultModel: limits.model || models.nameOf(this.sessions.get(sessionId)?.record.model ?? ''),
      canNest: limits.maxSpawnDepth > 1,
    });
  }

  /** What a tool call works on, in a few words. */
  targetOf(call: { readonly name: string; readonly input: unknown }): string {
    return this.#tools.find((tool) => tool.name === call.name)?.target(call.input) ?? '';
  }

  /** Interrupts everything, stores what there is of it, and closes the store; resolves after that. */
  async close(): Promise<void> {
    try {
      this.sessions.stopListening();
      // The pool first: what runs inline goes on later, and must not end with its turn.
      const ends = [this.pool.shutdown(), this.sessions.close(), this.#housekeeping.settled()];
      for (const end of await Promise.allSettled(ends)) {
        if (end.status === 'rejected') this.#ports.onError('Not all of Fanout ended in order', end.reason);
      }
      await this.worktrees.idle();
      await this.#db.settled(CLOSING_MS);
    } finally {
      this.closeStore();
    }
  }

  /** For a host that cannot wait any longer for {@link close}. */
  closeStore(): void {
    this.#feed?.dispose();
    this.#housekeeping.dispose();
    this.#searchFill.dispose();
    this.#db.close();
    // Last: from now on another window may take over what this one had.
    this.#hosts.close();
  }

  #claim(sessionId: string): boolean {
    const isOurs = this.#claims.claim(sessionId);
    if (!isOurs) this.#feed?.lookAfter();
    if (!isOurs && !this.#claims.isElsewhere(sessionId)) this.#claimWhenWritable();
    return isOurs;
  }

  /** Nobody has what could not be claimed: it is taken up when the claim is in the store. */
  #claimWhenWritable(): void {
    if (this.#awaitsStore) return;
    this.#awaitsStore = true;
    const takeUp = () => {
      this.#awaitsStore = false;
      if (this.#started && !this.#db.isOver) this.refresh();
    };
    this.#db
      .written()
      .then(takeUp)
      .catch((error: unknown) => this.#ports.onError('What was left behind could not be taken up', error));
  }

  /** Resolves when all that happened up to now is in the store, or will never be. */
  written(): Promise<void> {
    return this.#db.written();
  }

  /** Another window has something that this one shows. */
  #looksOn(): boolean {
    return this.pool.list().some(({ id }) => this.pool.isElsewhere(id)) || this.sessions.readsAlong;
  }

  /** Another window may have written or ended: shows what it did, and takes over what it left. */
  refresh(): void {
    this.#lookAgain();
    this.#takeUp();
  }

  #takeUp(): void {
    if (this.#started) this.#guard(() => this.#goOn());
    this.#guard(() => this.worktrees.recover());
    this.#guard(() => this.sessions.resume());
  }

  /** What the store holds is shown as it stands there now; nothing of it starts. */
  #lookAgain(): void {
    this.#adopt();
    this.sessions.refresh();
  }

  /** Another window holds the store as this one opens. */
  #whenReadable(then: () => void): void {
    this.#db.ready.then(then).catch((error: unknown) => this.#ports.onError('What is stored cannot be shown', error));
  }

  /**
   * Lets a delegation that is `unknown` go on in place, or says in one sentence why it cannot. Where several windows show
   * it, one of them has it.
   */
  resumeWork(id: string): string | undefined {
    const delegation = this.pool.top(id);
    if (delegation === undefined) return 'It is not listed any more.';
    if (!this.#claim(delegation.sessionId))
      return this.#claims.isElsewhere(delegation.sessionId)
        ? 'Its session is open in another window. Resume it there.'
        : "Fanout's store is held by another program. Resume it when that is free.";
    // Another window may have resumed it, and ended, since this one read it.
    this.#adopt();
    return this.pool.resumeWork(delegation.id) ? undefined : 'It is not cut off any more: there is nothing to resume.';
  }

  #goOn(): void {
    const { clock } = this.#ports;
    this.pool.goOn((delegation) => goesOnByItself(delegation, { clock, resume: () => this.#resume() }));
  }

  #resume(): DelegationSettings['resume'] {
    return this.#ports.settings().delegation.resume;
  }

  #adopt(): void {
    const { pool, completions } = this;
    const { clock } = this.#ports;
    const [resume, guard] = [() => this.#resume(), this.#guard];
    const claim = (sessionId: string) => this.#claim(sessionId);
    guard(() => adopt({ store: this.#delegations, claim, pool, completions, clock, resume, guard }));
  }

  #createSessions(): Sessions {
    const { clock, settings, models, onError } = this.#ports;
    const maxSummaryChars = () => settings().delegation.maxSummaryChars;
    const nestedIn = () => nestedAmong(this.pool.list());
    const texts = { workspace: this.workspace, fullTexts: this.#fullTexts, nestedIn, maxSummaryChars, clock };
    return new Sessions(
      {
        store: new SessionStore(this.#db, clock),
        completions: this.completions,
        clock,
        model: (choice) => models.resolve(choice),
        setUpTurn: (model) => this.#setUpTurn(model),
        approve: (agent, request, signal) => this.approvals.request(agent, request, signal),
        block: async (delegation, freeTokens) =>
          completionText(await this.worktrees.settled(delegation), freeTokens, texts),
        makeWay: (sessionId) => this.pool.detachAll(sessionId),
        wakeAgent: () => settings().wakeAgent,
        onError,
        claim: (sessionId) => this.#claim(sessionId),
        isElsewhere: (sessionId) => this.#claims.isElsewhere(sessionId),
      },
      this.pool,
    );
  }

  #furnish(): Workplaces {
    const { settings } = this.#ports;
    return new Workplaces({
      ...this.#ports,
      pool: this.pool,
      worktrees: this.worktrees,
      isolation: () => settings().delegation.isolation,
      tools: this.#tools,
      describe: this.#describe,
      delegationTools: ({ depth }, { task }) => this.#delegationTools(depth, task.model),
    });
  }

  #childRunner() {
    const { models, settings } = this.#ports;
    return createRunChild({
      model: (name) => models.resolve(name),
      workplace: (delegation, child, signal) => this.#workplaces.workplaceOf(delegation, child, signal),
      approve: (agent, request, signal) => this.approvals.request(agent, request, signal),
      append: (childId, message) => this.transcripts.append(childId, message),
      transcript: (childId) => this.transcripts.load(childId),
      maxIterations: () => settings().delegation.maxIterations,
    });
  }

  async #setUpTurn(model: AgentModel): Promise<TurnSetup> {
    const { settings } = this.#ports;
    return {
      system: sessionPrompt(await this.#describe()),
      tools: [...this.#tools, ...this.#delegationTools(0, model.name)],
      toolsets: ALL_TOOLSETS,
      maxIterations: settings().delegation.maxIterations,
    };
  }

  /** Of an agent at this depth that may delegate. */
  #delegationTools(depth: number, model: string): readonly Tool[] {
    const { models, settings, clock } = this.#ports;
    const now = () => clock.now();
    const delegate = delegateTask({
      pool: this.pool,
      settings: () => settings().delegation,
      models: [...new Set([model, ...models.names()])],
      modelProblem: (name) => (name === model ? undefined : models.problemOf(name)),
      defaultModel: model,
      toolsets: TOOLSET_DESCRIPTIONS,
      depth,
      now,
      transcriptOf: (child) => transcriptUri(child.id),
      fullTexts: this.#fullTexts,
    });
    return [delegate, delegations({ pool: this.pool, now })];
  }
}

/** Milliseconds for which a window that closes waits for others to let it write. */
const CLOSING_MS = 3000;

/** Where the lock files of the windows are that share the store. */
function hostsFolder({ storeFile }: EnginePorts): string {
  return join(dirname(storeFile), 'windows');
}
