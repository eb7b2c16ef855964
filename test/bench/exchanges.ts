/** What a request of the benchmark is for. */
export type Purpose =
  /** The parent's first: its answer calls delegate_task. */
  | 'fan-out'
  /** One step of a child. */
  | 'step'
  /** The parent's, with the handle of the delegation. A bare client makes none. */
  | 'handle'
  /** The parent's, with all results. */
  | 'results';

/** One request and its answer, as the server saw them; times in milliseconds of the server's clock. */
export interface Exchange {
  readonly purpose: Purpose;
  /** The child, from 1; 0 for the parent. */
  readonly part: number;
  readonly arrivedAt: number;
  /** The answer was on its way as a whole. */
  readonly answeredAt: number;
  /** Size of the request's body. */
  readonly bytes: number;
}

/** Requests that carry everything, for a bare client to send the like. */
export interface Template {
  readonly parent: string;
  readonly child: string;
}

/** What the server saw of one run. */
export interface Timeline {
  readonly exchanges: readonly Exchange[];
  readonly template: Template | undefined;
}

/** One run's figures, in milliseconds or as parts of the ideal. */
export interface Figures {
  /** From the dispatching answer to the last child's first request. */
  readonly dispatchMs: number;
  /** The children's phase divided by its ideal. */
  readonly overhead: number;
  /** From the dispatching answer to the request with all results, divided by the ideal of the children's phase. */
  readonly endToEnd: number;
  /** From the last child's end to the request with all results. */
  readonly returnMs: number;
  readonly requests: number;
  readonly bytesSent: number;
}

/** Reads the figures off a timeline. Throws where that is not one of `children` with `steps` requests each. */
export function figuresOf(exchanges: readonly Exchange[], load: Load): Figures {
  const { children, steps, latencyMs } = load;
  const ofChildren = exchanges.filter(({ purpose }) => purpose === 'step');
  const first = new Map(ofChildren.toReversed().map(({ part, arrivedAt }) => [part, arrivedAt]));
  const fanOut = exchanges.find(({ purpose }) => purpose === 'fan-out');
  const results = exchanges.find(({ purpose }) => purpose === 'results');
  if (
    fanOut === undefined ||
    results === undefined ||
    first.size !== children ||
    ofChildren.length !== children * steps
  )
    throw new Error(`${ofChildren.length} steps of ${first.size} children; expected ${steps} of ${children} each.`);
  const ideal = steps * latencyMs;
  const starts = [...first.values()];
  const end = Math.max(...ofChildren.map(({ answeredAt }) => answeredAt));
  return {
    dispatchMs: Math.max(...starts) - fanOut.answeredAt,
    overhead: (end - Math.min(...starts)) / ideal,
    endToEnd: (results.arrivedAt - fanOut.answeredAt) / ideal,
    returnMs: results.arrivedAt - end,
    requests: exchanges.length,
    bytesSent: exchanges.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** One configuration. */
export interface Load {
  readonly children: number;
  readonly steps: number;
  readonly latencyMs: number;
  /** The client's process has been through the whole once before what is measured. */
  readonly warm: boolean;
  /** The last step of a child is streamed: so many chunks a second, for so many milliseconds. Absent: in one piece. */
  readonly stream?: { readonly chunksPerSecond: number; readonly durationMs: number };
}

/** Asks the driver to begin a new timeline, between the warm run and the measured one. Resolves when it has begun. */
export type Rewind = () => Promise<void>;

/** What the client's process says of itself. */
export interface Usage {
  /** The most resident memory that the process ever had. */
  readonly peakMemoryMb: number;
  /** From the first request to the end of the last turn. */
  readonly cpuMs: number;
  /** From the call of delegate_task to its handle. */
  readonly dispatchOwnMs: number;
  /** CPU time per wall-clock time, 1 = a whole core. */
  readonly coreShare: number;
  /** How late the event loop was, 99th percentile in milliseconds. */
  readonly loopP99Ms: number;
}
