import type { Message } from '../agent/messages';
import type { Child, Delegation } from '../delegation/delegation';
import { everyRun } from '../delegation/result';
import type { SessionEntry } from '../store/entries';
import type { SessionRecord, StoredEntry } from '../store/sessionStore';
import type { ExportedChild, ExportedDelegation, SessionExport } from './exportSchema';
import { ExportedEntry, ExportedMessage } from './exportSchema';
import { spentInAll } from './spent';

export type ExportFormat = 'markdown' | 'json';

/** What an export is made of. */
export interface ExportSource {
  readonly record: SessionRecord;
  readonly entries: readonly StoredEntry[];
  /** The session's delegations that are still listed, oldest first, nested ones included. */
  readonly delegations: readonly Delegation[];
  readonly transcriptOf: (childId: string) => readonly Message[];
  /** `text` without secrets. */
  readonly mask: (text: string) => string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Where what is exported comes from piece by piece: a long session is never in memory twice. */
export interface ExportParts {
  readonly head: Omit<SessionExport, 'entries' | 'delegations'>;
  readonly entries: Iterable<SessionExport['entries'][number]>;
  readonly delegations: Iterable<DelegationParts>;
}

export interface DelegationParts {
  readonly head: Omit<ExportedDelegation, 'children'>;
  readonly children: Iterable<ExportedChild>;
}

/** The parts of an export, secrets masked. What does not have the shape of an entry is left out. */
export function exportParts(source: ExportSource): ExportParts {
  const { record, now, mask } = source;
  const { id, title, model, createdAt, updatedAt } = record;
  return {
    head: {
      format: 'fanout-session',
      version: 1,
      exportedAt: iso(now),
      session: { id, title: mask(title), model, createdAt: iso(createdAt), updatedAt: iso(updatedAt) },
      spent: spentInAll(entriesIn(source), source.delegations),
    },
    entries: entriesOf(source),
    delegations: delegationsOf(source),
  };
}

function* entriesIn({ entries }: ExportSource): Generator<SessionEntry> {
  for (const { entry } of entries) yield entry;
}

function* entriesOf({ entries, mask }: ExportSource): Generator<SessionExport['entries'][number]> {
  for (const { seq, at, entry } of entries) {
    const { data } = ExportedEntry.safeParse(entry);
    if (data !== undefined) yield { seq, at: iso(at), entry: masked(data, mask) };
  }
}

function* delegationsOf(source: ExportSource): Generator<DelegationParts> {
  for (const delegation of source.delegations) {
    const { id, parentChildId, origin, mode, status, delivery, context, dispatchedAt } = delegation;
    const parent = parentChildId === undefined ? {} : { parentChildId };
    const times = { dispatchedAt: iso(dispatchedAt), ...span(delegation) };
    const head = { id, ...parent, origin, mode, status, delivery, context, ...times };
    yield { head: masked(head, source.mask), children: childrenOf(delegation, source) };
  }
}

function* childrenOf(delegation: Delegation, source: ExportSource): Generator<ExportedChild> {
  for (const child of everyRun(delegation)) yield masked(exportedChild(child, source), source.mask);
}

function exportedChild(child: Child, { transcriptOf }: ExportSource): ExportedChild {
  const { id, taskIndex, task, state, progress } = child;
  const { modelCalls, tokens, costUsd, filesWritten, lastText } = progress;
  return {
    ...{ id, taskIndex, ...task, toolsets: [...task.toolsets] },
    ...('exitReason' in state ? ending(state) : { status: state.status, summary: lastText }),
    ...(state.status === 'queued' ? {} : span(state)),
    ...{ modelCalls, tokens, costUsd, filesWritten: [...filesWritten] },
    transcript: transcriptOf(id).flatMap((message) => ExportedMessage.safeParse(message).data ?? []),
  };
}

function ending(state: Extract<Child['state'], { exitReason: unknown }>) {
  const { status, exitReason, summary, truncated, error, missedSteer } = state;
  return {
    ...{ status, exitReason, summary, truncated },
    ...(error === undefined ? {} : { error }),
    ...(missedSteer === undefined ? {} : { missedSteer }),
  };
}

function span(thing: { readonly startedAt?: number; readonly endedAt?: number }) {
  return {
    ...(thing.startedAt === undefined ? {} : { startedAt: iso(thing.startedAt) }),
    ...(thing.endedAt === undefined ? {} : { endedAt: iso(thing.endedAt) }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same with every text in it masked. Text by text, so that what is masked never spoils what is around it. */
function masked<T>(value: T, mask: (text: string) => string): T {
  return maskedValue(value, mask) as T;
}

function maskedValue(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskedValue(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), maskedValue(item, mask)]));
}
