import type { ActivationRow } from './activation';
import type { Figures, Load, Usage } from './exchanges';

/** One line of the result: the medians of one configuration. */
export interface Row extends Load, Figures, Usage {
  /** The same of a bare client. */
  readonly floorOverhead: number;
  readonly floorEndToEnd: number;
}

const COLUMNS: Columns<Row> = [
  ['process', ({ warm }) => (warm ? 'warm' : 'cold')],
  ['children', ({ children }) => String(children)],
  ['dispatch', ({ dispatchMs }) => `${dispatchMs} ms`],
  ['of it ours', ({ dispatchOwnMs }) => `${dispatchOwnMs} ms`],
  ['overhead', ({ overhead }) => overhead.toFixed(3)],
  ['floor', ({ floorOverhead }) => floorOverhead.toFixed(3)],
  ['end to end', ({ endToEnd }) => endToEnd.toFixed(3)],
  ['floor', ({ floorEndToEnd }) => floorEndToEnd.toFixed(3)],
  ['of floor', ({ endToEnd, floorEndToEnd }) => (endToEnd / floorEndToEnd).toFixed(3)],
  ['return', ({ returnMs }) => `${returnMs} ms`],
  ['requests', ({ requests }) => String(requests)],
  ['sent', ({ bytesSent }) => `${Math.round(bytesSent / 1024)} KB`],
  ['peak memory', ({ peakMemoryMb }) => `${Math.round(peakMemoryMb)} MB`],
  ['CPU', ({ cpuMs }) => `${cpuMs} ms`],
];

/** For people. The head says what ideal is. */
export function tableOf(rows: readonly Row[]): string {
  const { steps = 0, latencyMs = 0 } = rows[0] ?? {};
  const head = `Ideal: ${steps} steps of ${latencyMs} ms = 1. Floor: a bare client that sends the same requests.`;
  return [head, '', ...linesOf(COLUMNS, rows)].join('\n');
}

/** What agents that stream cost their process. */
export interface StreamRow extends Pick<Usage, 'coreShare' | 'loopP99Ms'> {
  readonly children: number;
  readonly chunksPerSecond: number;
  readonly durationMs: number;
}

const STREAMS: Columns<StreamRow> = [
  ['agents', ({ children }) => String(children)],
  ['chunks a second', ({ chunksPerSecond }) => `${chunksPerSecond} each`],
  ['share of a core', ({ coreShare }) => `${(coreShare * 100).toFixed(0)} %`],
  ['event loop late, p99', ({ loopP99Ms }) => `${loopP99Ms} ms`],
];

export function streamTable(rows: readonly StreamRow[]): string {
  return ['Agents that stream, all at once.', '', ...linesOf(STREAMS, rows)].join('\n');
}

const ACTIVATION: Columns<ActivationRow> = [
  ['sessions', ({ sessions }) => String(sessions)],
  ['delegations', ({ delegations }) => String(delegations)],
  ['engine', ({ engineMs }) => `${engineMs} ms`],
  ['ratio', ({ engineRatio }) => engineRatio.toFixed(3)],
  ['with loading', ({ processMs }) => `${processMs} ms`],
  ['ratio', ({ processRatio }) => processRatio.toFixed(3)],
];

export function activationTable(rows: readonly ActivationRow[]): string {
  return ['Activation on what earlier windows stored. An empty store = 1.', '', ...linesOf(ACTIVATION, rows)].join(
    '\n',
  );
}

type Columns<T> = readonly (readonly [string, (row: T) => string])[];

function linesOf<T>(columns: Columns<T>, rows: readonly T[]): string[] {
  const cells = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells.map((line) => line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
}
