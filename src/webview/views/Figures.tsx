import { formatCost, formatCount, formatDuration } from '../format';
import { isOver } from '../status';
import type { ViewStatus } from '../../protocol';
import { useScope } from './ChatContext';

interface Props {
  readonly of: {
    readonly status: ViewStatus;
    readonly startedAt?: number;
    readonly endedAt?: number;
    readonly tokens: number;
    readonly costUsd: number | null;
  };
}

/** `1m 05s`, `12.3k tokens`, `$0.04` of a delegation or a child; what is not known is left out. */
export function Figures({ of }: Props) {
  const cost = of.tokens > 0 ? formatCost(of.costUsd) : '';
  return (
    <>
      {of.startedAt !== undefined && <Elapsed from={of.startedAt} to={of.endedAt} over={isOver(of.status)} />}
      {of.tokens > 0 && <span class="figure">{formatCount(of.tokens)} tokens</span>}
      {cost && <span class="figure">{cost}</span>}
    </>
  );
}

function Elapsed({
  from,
  to,
  over,
}: {
  readonly from: number;
  readonly to: number | undefined;
  readonly over: boolean;
}) {
  const { now } = useScope();
  // The clock is read only while it matters, so that what is over does not render again each second.
  const until = to ?? (over ? undefined : now.value);
  return until === undefined ? null : <span class="figure">{formatDuration(until - from)}</span>;
}
