import * as z from 'zod';
import type { DelegationSettings } from '../delegation/settings';
import { DEFAULT_DELEGATION_SETTINGS as DEFAULTS } from '../delegation/settings';
import { ProviderSettings } from '../models/providerSettings';
import type { ApprovalSettings } from '../tools/approvals';
import type { SettingKey } from './contributions';
import { SettingReader } from './settingReader';
import type { Inspected } from './settingReader';

/** `fanout.*`, checked: every value can be used as it is. */
export interface Settings {
  /** `auto`, `offline`, or a model's name. */
  readonly model: string;
  readonly providers: readonly ProviderSettings[];
  readonly delegation: DelegationSettings;
  readonly wakeAgent: 'always' | 'ask';
  /** Per provider; undefined where the user left it to us. */
  readonly maxConcurrentRequests: number | undefined;
  readonly approvals: ApprovalSettings;
}

const RULES = ['ask', 'allow', 'deny'] as const;

/**
 * Reads all settings. Never throws: an invalid value is told to `report` with the value that is used instead, and what a
 * workspace must not set is ignored there (SPEC 8). `inspect` takes a key below `fanout`.
 */
export function readSettings(
  inspect: (key: SettingKey) => Inspected | undefined,
  report: (problem: string) => void,
): Settings {
  const read = new SettingReader(inspect, report);
  return {
    model: read.text('model', 'auto'),
    providers: distinctIds(read.list('providers', ProviderSettings), report),
    delegation: readDelegation(read),
    wakeAgent: read.oneOf('completions.wakeAgent', ['always', 'ask'], 'always'),
    maxConcurrentRequests: read.optionalCount('requests.maxConcurrent', 1),
    approvals: {
      edits: read.oneOf('approvals.edits', RULES, 'ask'),
      commands: read.oneOf('approvals.commands', RULES, 'ask'),
      allowedCommands: read.list('approvals.allowedCommands', z.string().trim().min(1)),
    },
  };
}

function readDelegation(read: SettingReader): DelegationSettings {
  const { budget, stall } = DEFAULTS;
  return {
    maxAsyncDelegations: read.count('delegation.maxAsyncDelegations', 1, DEFAULTS.maxAsyncDelegations),
    maxConcurrentChildren: read.count('delegation.maxConcurrentChildren', 1, DEFAULTS.maxConcurrentChildren),
    maxTasks: read.count('delegation.maxTasks', 1, DEFAULTS.maxTasks),
    maxSpawnDepth: read.count('delegation.maxSpawnDepth', 1, DEFAULTS.maxSpawnDepth),
    maxIterations: read.count('delegation.maxIterations', 1, DEFAULTS.maxIterations),
    whenFull: read.oneOf('delegation.whenFull', ['inline', 'queue', 'reject'], DEFAULTS.whenFull),
    isolation: read.oneOf('delegation.isolation', ['shared', 'worktree'], DEFAULTS.isolation),
    resume: read.oneOf('delegation.resume', ['auto', 'ask', 'never'], DEFAULTS.resume),
    model: read.text('delegation.model', DEFAULTS.model),
    maxSummaryChars: read.count('delegation.maxSummaryChars', 2000, DEFAULTS.maxSummaryChars),
    budget: {
      tokens: read.part('delegation.budget', 'tokens', 0, budget.tokens),
      usd: read.part('delegation.budget', 'usd', 0, budget.usd),
    },
    stall: {
      idleSeconds: read.part('delegation.stall', 'idleSeconds', 1, stall.idleSeconds),
      toolSeconds: read.part('delegation.stall', 'toolSeconds', 1, stall.toolSeconds),
      graceSeconds: read.part('delegation.stall', 'graceSeconds', 1, stall.graceSeconds),
    },
  };
}

/** An id names a provider: a second one of the same id could never be chosen. */
function distinctIds(providers: readonly ProviderSettings[], report: (problem: string) => void): ProviderSettings[] {
  const ids = new Set<string>();
  return providers.filter(({ id }) => {
    if (ids.has(id)) report(`fanout.providers has ${JSON.stringify(id)} more than once; the first one is used.`);
    return ids.size < ids.add(id).size;
  });
}
