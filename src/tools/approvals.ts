import { randomUUID } from 'node:crypto';
import type { AgentIdentity, ApprovalDecision, ApprovalRequest } from '../agent/tool';
import { systemClock, type Clock } from '../util/clock';
import { Emitter, type Disposable } from '../util/emitter';
import { isAllowedCommand } from './allowedCommands';

type ApprovalRule = 'ask' | 'allow' | 'deny';

/** `fanout.approvals.*`. */
export interface ApprovalSettings {
  readonly edits: ApprovalRule;
  readonly commands: ApprovalRule;
  readonly allowedCommands: readonly string[];
}

export interface PendingApproval {
  readonly id: string;
  readonly agent: AgentIdentity;
  readonly request: ApprovalRequest;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** `always`: this one, and for the rest of the session all edits, or this exact command. */
export type ApprovalAnswer = 'approve' | 'always' | 'deny';

interface Waiting extends PendingApproval {
  readonly settle: (decision: ApprovalDecision) => void;
}

/**
 * The one gate that every edit and command of every agent goes through. Settings and earlier "always" answers
 * decide at once; anything else waits here until `decide` is called with its id, and for nothing else. Nothing is
 * kept beyond this object's life.
 */
export class Approvals implements Disposable {
  readonly #settings: () => ApprovalSettings;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  /** What the user always allows, by session. */
  readonly #always = new Map<string, Set<string>>();
  readonly #changed = new Emitter<void>();
  /** Fires when a request starts or ceases to wait. */
  readonly onDidChange = this.#changed.event;

  constructor(settings: () => ApprovalSettings, clock: Clock = systemClock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Resolves to the decision. Rejects with the signal's reason once `signal` is aborted; the request is withdrawn. */
  async request(agent: AgentIdentity, request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalDecision> {
    signal.throwIfAborted();
    const decided = this.#decideByRule(agent, request);
    if (decided !== undefined) return decided;
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<ApprovalDecision>();
    const withdraw = () => reject(signal.reason as Error);
    signal.addEventListener('abort', withdraw, { once: true });
    this.#waiting.set(id, { id, agent, request, at: this.#clock.now(), settle: resolve });
    this.#changed.fire();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', withdraw);
      // Decided ones are gone already.
      if (this.#waiting.delete(id)) this.#changed.fire();
    }
  }

  /** Answers a waiting request; false where it waits no longer. */
  decide(id: string, answer: ApprovalAnswer, reason?: string): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    if (answer === 'always') this.#allowAlways(waiting);
    const decision: ApprovalDecision =
      answer === 'deny' ? { approved: false, ...(reason === undefined ? {} : { reason }) } : { approved: true };
    this.#settle(waiting, decision);
    if (answer === 'always') this.#settleCovered();
    this.#changed.fire();
    return true;
  }

  /** Oldest first. */
  pending(): readonly PendingApproval[] {
    return [...this.#waiting.values()].map(({ id, agent, request, at }) => ({ id, agent, request, at }));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #decideByRule(agent: AgentIdentity, request: ApprovalRequest): ApprovalDecision | undefined {
    const settings = this.#settings();
    const [name, rule] = request.kind === 'edit' ? ['edits', settings.edits] : ['commands', settings.commands];
    if (rule === 'deny') return { approved: false, reason: `fanout.approvals.${name} is set to deny.` };
    const isReviewed = request.kind === 'edit' && agent.isolated === true;
    if (rule === 'allow' || isReviewed || this.#isAlwaysAllowed(agent, request)) return { approved: true };
    const isListed = request.kind === 'command' && isAllowedCommand(request.subject, settings.allowedCommands);
    return isListed ? { approved: true } : undefined;
  }

  #allowAlways({ agent, request }: PendingApproval): void {
    const allowed = this.#always.get(agent.sessionId) ?? new Set();
    this.#always.set(agent.sessionId, allowed.add(ruleKey(request)));
  }

  #isAlwaysAllowed(agent: AgentIdentity, request: ApprovalRequest): boolean {
    return this.#always.get(agent.sessionId)?.has(ruleKey(request)) === true;
  }

  #settleCovered(): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (this.#isAlwaysAllowed(waiting.agent, waiting.request)) this.#settle(waiting, { approved: true });
    }
  }

  #settle(waiting: Waiting, decision: ApprovalDecision): void {
    this.#waiting.delete(waiting.id);
    waiting.settle(decision);
  }
}

/** What an "always" covers: every edit, or one command in one folder (which its action names). */
function ruleKey(request: ApprovalRequest): string {
  return request.kind === 'edit' ? 'edit' : `command\n${request.action}\n${request.subject}`;
}
