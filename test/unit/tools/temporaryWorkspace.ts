import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runTool, type ApprovalDecision, type ApprovalRequest, type FileLedger } from '../../../src/agent/tool';
import { NodeWorkspace } from '../../../src/tools/nodeWorkspace';
import { createTools } from '../../../src/tools/toolsets';
import type { Problem, WorkspaceAccess, WorkspaceHost } from '../../../src/tools/workspace';

/** The editor of the tests: what is typed and not saved is in a map, and saving may run a formatter. */
export class FakeHost implements WorkspaceHost {
  readonly unsaved = new Map<string, string>();
  readonly diagnostics: Problem[] = [];
  readonly ripgrepCandidates: readonly string[];
  currentAccess: WorkspaceAccess;
  format = (text: string) => text;

  constructor(access: WorkspaceAccess, ripgrepCandidates: readonly string[] = []) {
    this.currentAccess = access;
    this.ripgrepCandidates = ripgrepCandidates;
  }

  access(): WorkspaceAccess {
    return this.currentAccess;
  }

  unsavedText({ path }: { readonly path: string }): string | undefined {
    return this.unsaved.get(path);
  }

  async saveInEditor({ path }: { readonly path: string }, text: string): Promise<string> {
    const saved = this.format(text);
    await writeFile(path, saved);
    this.unsaved.delete(path);
    return saved;
  }

  problems(): readonly Problem[] {
    return this.diagnostics;
  }
}

/** One agent's view of the workspace: its own ledger, and a user who answers as `decide` says. */
export class FakeAgent {
  readonly ledger: FileLedger = new Map();
  readonly asked: ApprovalRequest[] = [];
  readonly output: string[] = [];
  decide: (request: ApprovalRequest) => ApprovalDecision | Promise<ApprovalDecision> = () => ({ approved: true });
  readonly #workspace: NodeWorkspace;

  constructor(workspace: NodeWorkspace) {
    this.#workspace = workspace;
  }

  /** Calls a tool as the agent loop does. */
  call(name: string, input: unknown, signal: AbortSignal = new AbortController().signal) {
    const context = {
      callId: 'call-1',
      agent: { sessionId: 'session-1', depth: 0, label: 'Main agent' },
      ledger: this.ledger,
      toolsets: ['read', 'edit', 'run'],
      onOutput: (text: string) => void this.output.push(text),
      approve: async (request: ApprovalRequest) => {
        this.asked.push(request);
        return this.decide(request);
      },
    };
    return runTool(createTools(this.#workspace), { id: 'call-1', name, input }, context, signal);
  }
}

/** A workspace folder on the disk, gone when the test is over. */
export class TemporaryWorkspace implements AsyncDisposable {
  /** Holds the workspace folder, and room beside it. */
  readonly outside: string;
  readonly folder: string;
  readonly host: FakeHost;
  readonly workspace: NodeWorkspace;
  readonly agent: FakeAgent;

  private constructor(outside: string, ripgrepCandidates: readonly string[]) {
    this.outside = outside;
    this.folder = join(outside, 'project');
    this.host = new FakeHost({ folders: [{ name: 'project', path: this.folder }] }, ripgrepCandidates);
    this.workspace = new NodeWorkspace(this.host);
    this.agent = new FakeAgent(this.workspace);
  }

  static async of(files: Record<string, string>, ripgrepCandidates?: readonly string[]): Promise<TemporaryWorkspace> {
    const outside = await realpath(await mkdtemp(join(tmpdir(), 'fanout-tools-')));
    const made = new TemporaryWorkspace(outside, ripgrepCandidates ?? []);
    await mkdir(made.folder);
    for (const [path, text] of Object.entries(files)) await made.write(path, text);
    return made;
  }

  path(inFolder: string): string {
    return join(this.folder, inFolder);
  }

  async write(inFolder: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.path(inFolder)), { recursive: true });
    await writeFile(this.path(inFolder), content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.outside, { recursive: true, force: true });
  }
}
