import type { Isolation } from './worktree';

/** `fanout.delegation.*`, already validated. */
export interface DelegationSettings {
  /** Background delegations that run at once; the others wait, run inline or are refused, by `whenFull`. */
  readonly maxAsyncDelegations: number;
  /** Children of one delegation that run at once. */
  readonly maxConcurrentChildren: number;
  readonly maxTasks: number;
  /** 1 = children may not delegate; 2 = a child may be an orchestrator; and so on. */
  readonly maxSpawnDepth: number;
  /** Model requests of one child. */
  readonly maxIterations: number;
  readonly whenFull: 'inline' | 'queue' | 'reject';
  /** Where children that can change things work, unless their task says otherwise. */
  readonly isolation: Isolation;
  /** What was cut off by an orderly end goes on by itself, or when the user says so, or never. */
  readonly resume: 'auto' | 'ask' | 'never';
  /** Model of the children; empty = the session's. */
  readonly model: string;
  readonly maxSummaryChars: number;
  /** Per delegation; 0 = no limit. */
  readonly budget: { readonly tokens: number; readonly usd: number };
  readonly stall: { readonly idleSeconds: number; readonly toolSeconds: number; readonly graceSeconds: number };
}

export const DEFAULT_DELEGATION_SETTINGS: DelegationSettings = {
  maxAsyncDelegations: 3,
  maxConcurrentChildren: 8,
  maxTasks: 20,
  maxSpawnDepth: 1,
  maxIterations: 50,
  whenFull: 'inline',
  isolation: 'shared',
  resume: 'auto',
  model: '',
  maxSummaryChars: 24_000,
  budget: { tokens: 0, usd: 0 },
  stall: { idleSeconds: 450, toolSeconds: 1200, graceSeconds: 120 },
};
