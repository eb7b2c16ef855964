import type { DelegationView, RowAction } from '../../protocol';
import { isOver, lookOfDelegation } from '../status';
import { useChat } from './ChatContext';
import { StatusIcon } from './Icon';
import { IconButton } from './IconButton';
import { Figures } from './Figures';

/** State, title, id and figures of a delegation, and what can be done to it as a whole. */
export function CardHead({ delegation }: { readonly delegation: DelegationView }) {
  const chat = useChat();
  const { id, status, title, mode } = delegation;
  const look = lookOfDelegation(delegation);
  const failed = isOver(status) ? 0 : delegation.children.filter((child) => child.status === 'failed').length;
  const act = (action: RowAction) => () => chat.post({ type: 'act', action, id });
  return (
    <header class="card-head">
      <StatusIcon look={look} />
      <div class="card-title">
        <div class="title" title={title}>
          {title}
        </div>
        <div class="meta figures">
          <button type="button" class="link figure mono" title="Show in the Delegations tree" onClick={act('reveal')}>
            {id}
          </button>
          <span class={`figure ${delegation.shortfall === undefined ? '' : 'bad'}`}>{look.label}</span>
          {mode !== 'background' && (
            <span class="figure" title="The agent waits for the results">
              in this turn
            </span>
          )}
          {mode === 'inline' && !isOver(status) && (
            <button
              type="button"
              class="link figure"
              title="The agent goes on, and the results come later"
              onClick={act('moveToBackground')}
            >
              Move to Background
            </button>
          )}
          {failed > 0 && <span class="figure bad">{failed} failed</span>}
          <Figures of={delegation} />
        </div>
      </div>
      {delegation.canRetryFailed && (
        <IconButton icon="debug-restart" label="Retry failed" onClick={act('retryFailed')} />
      )}
      {isOver(status) ? (
        <>
          {delegation.resumable === true && (
            <IconButton icon="run-all" label="Resume delegation" onClick={act('resume')} />
          )}
          {status !== 'completed' && <IconButton icon="play" label="Continue delegation" onClick={act('continue')} />}
          {delegation.children.length > 1 && (
            <IconButton icon="refresh" label="Retry delegation" onClick={act('retry')} />
          )}
        </>
      ) : (
        <IconButton icon="stop-circle" label="Cancel delegation" onClick={act('cancel')} />
      )}
    </header>
  );
}
