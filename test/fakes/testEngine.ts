import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AgentModel } from '../../src/agent/model';
import type { Delegation } from '../../src/delegation/delegation';
import { isOver } from '../../src/delegation/delegation';
import { DEFAULT_DELEGATION_SETTINGS, type DelegationSettings } from '../../src/delegation/settings';
import { Engine } from '../../src/engine';
import type { EngineSettings } from '../../src/enginePorts';
import type { Session } from '../../src/session/session';
import type { WriteWitness } from '../../src/store/storePorts';
import type { WorkspaceFolder, WorkspaceHost } from '../../src/tools/workspace';
import { agentScript, goalOf, type AgentScript } from './agentScript';
import { ManualClock } from './manualClock';
import { ScriptedModel, type ScriptedModelOptions, type ScriptedRequest } from './scriptedModel';
import { until } from './until';

export interface TestEngineOptions extends AgentScript {
  readonly delegation?: Partial<DelegationSettings>;
  readonly settings?: Partial<Omit<EngineSettings, 'delegation'>>;
  readonly model?: ScriptedModelOptions;
  /** Instead of the scripted model: where there is none, say. */
  readonly resolve?: () => Promise<AgentModel>;
  /** Another window on the workspace of this one. */
  readonly beside?: TestEngine;
  /** Sees each write, and may throw in its place. */
  readonly witness?: WriteWitness;
}

/** The whole of Fanout on a folder of its own, its model scripted and its clock held; what a test drives and looks at. */
export class TestEngine implements AsyncDisposable {
  readonly clock = new ManualClock();
  /** What the engine reported as faults. */
  readonly faults: string[] = [];
  /** What it told the log beside those. */
  readonly infos: string[] = [];
  trusted = true;
  /** What is typed in an editor and not saved, by path. */
  readonly unsaved = new Map<string, string>();
  readonly #folder: string;
  readonly #isBeside: boolean;
  readonly #witness: WriteWitness | undefined;
  /** What is open in VS Code. */
  folders: readonly WorkspaceFolder[];
  settings: EngineSettings;
  model: ScriptedModel;
  engine: Engine;
  resolve: () => Promise<AgentModel>;

  constructor({ delegation, settings, model, resolve, beside, witness, ...script }: TestEngineOptions = {}) {
    this.#witness = witness;
    this.#isBeside = beside !== undefined;
    this.#folder = beside ? beside.#folder : realpathSync(mkdtempSync(join(tmpdir(), 'fanout-engine-')));
    this.folders = [{ name: 'project', path: this.path('') }];
    this.settings = {
      delegation: { ...DEFAULT_DELEGATION_SETTINGS, ...delegation },
      wakeAgent: 'always',
      approvals: { edits: 'allow', commands: 'allow', allowedCommands: [] },
      ...settings,
    };
    mkdirSync(this.path(''), { recursive: true });
    this.model = new ScriptedModel(agentScript(script), model);
    this.resolve = resolve ?? (() => Promise.resolve(this.model));
    this.engine = this.#start();
  }

  /** The session in front. */
  get session(): Session {
    return this.engine.sessions.front();
  }

  /** The newest delegation. */
  get delegation(): Delegation {
    const newest = this.engine.pool.list().at(-1);
    if (newest === undefined) throw new Error('Nothing was delegated.');
    return newest;
  }

  /** The requests of the sessions' own agents. */
  get mainRequests(): readonly ScriptedRequest[] {
    return this.model.requests.filter((request) => goalOf(request) === undefined);
  }

  get storeFile(): string {
    return join(this.#folder, 'store', 'fanout.db');
  }

  /** Resolves when what was given to the store until now is in its file: at the end of the tick. */
  async written(): Promise<void> {
    await setImmediate();
  }

  path(name: string): string {
    return join(this.#folder, 'project', name);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), text);
  }

  /** The n-th request (from 1) of the sessions' own agents. */
  mainRequest(n: number): Promise<ScriptedRequest> {
    return this.model.waitForRequest(() => this.mainRequests.length >= n).then(() => this.#nth(n));
  }

  /** The first request of the child with this goal. */
  childRequest(goal: string): Promise<ScriptedRequest> {
    return this.model.waitForRequest((request) => goalOf(request) === goal);
  }

  /** Resolves when no turn runs in the session and none is about to. */
  async idle(session = this.session): Promise<void> {
    do {
      await until(() => session.state !== 'running', session.onDidChange);
      // The next turn starts right after the end of one is told.
      await Promise.resolve();
    } while (session.state === 'running');
  }

  /** Sends a message and resolves when all turns that follow from it so far have ended. */
  async say(text: string, session = this.session): Promise<void> {
    session.send(text);
    await this.idle(session);
  }

  /** Resolves with the delegation when it is over. */
  async over(id = this.delegation.id): Promise<Delegation> {
    const find = () => this.engine.pool.get(id);
    await until(() => isOver(find()?.status ?? 'unknown'), this.engine.pool.onDidChange);
    return find() ?? this.delegation;
  }

  /** What a process that is killed leaves behind, and the next one that begins with it. */
  crash(script: AgentScript = {}): void {
    this.engine.closeStore();
    this.#begin(script);
  }

  /** The window closes and opens again. */
  async reload(script: AgentScript = {}): Promise<void> {
    await this.engine.close();
    this.#begin(script);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    if (!this.#isBeside) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A model with another script, to take the place of {@link model}. */
  modelOf(script: AgentScript): ScriptedModel {
    return new ScriptedModel(agentScript(script));
  }

  #begin(script: AgentScript): void {
    this.model = this.modelOf(script);
    this.engine = this.#start();
  }

  #nth(n: number): ScriptedRequest {
    const request = this.mainRequests[n - 1];
    if (request === undefined) throw new Error(`There is no request ${n} of the main agent.`);
    return request;
  }

  #start(): Engine {
    const host: WorkspaceHost = {
      access: () => (this.trusted ? { folders: this.folders } : { refusal: 'This workspace is not trusted.' }),
      unsavedText: ({ path }) => this.unsaved.get(path),
      saveInEditor: () => Promise.reject(new Error('No editor is open.')),
      problems: () => [],
      ripgrepCandidates: [],
    };
    return new Engine({
      storeFile: this.storeFile,
      resultsFolder: join(this.#folder, 'results'),
      worktreesFolder: join(this.#folder, 'worktrees'),
      settings: () => this.settings,
      models: {
        resolve: () => this.resolve(),
        names: () => [this.model.name],
        problemOf: () => undefined,
        nameOf: (choice) => choice || this.model.name,
      },
      host,
      clock: this.clock,
      reportStoreProblem: (sentence) => this.faults.push(sentence),
      onInfo: (message) => this.infos.push(message),
      onError: (message, error) => this.faults.push(`${message}: ${String(error)}`),
      ...(this.#witness && { witnessWrite: this.#witness }),
    });
  }
}
