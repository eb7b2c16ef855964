import type { DelegationView } from '../../protocol';
import { isOver } from '../status';
import { CardHead } from './CardHead';
import { useChat } from './ChatContext';
import { ChildRow } from './ChildRow';

/** A delegation as it runs. */
export function DelegationCard({ delegation }: { readonly delegation: DelegationView }) {
  return (
    <article class="card delegation" aria-label={cardName(delegation)}>
      <CardHead delegation={delegation} />
      <ul class="rows">
        {delegation.children.map((child) => (
          <ChildRow key={child.id} child={child} />
        ))}
      </ul>
      <Delivery delegation={delegation} />
    </article>
  );
}

/** How a card is called for a screen reader, and for tests. */
export function cardName({ id, status, title, shortfall }: DelegationView): string {
  return [id, status, title, ...(shortfall === undefined ? [] : [shortfall])].join(' ');
}

/** What became of the results of a delegation that is over. */
export function Delivery({ delegation }: { readonly delegation: DelegationView }) {
  const chat = useChat();
  if (!isOver(delegation.status)) return null;
  if (delegation.delivery === 'pending') return <p class="card-foot">Results come when the agent is idle.</p>;
  if (delegation.delivery !== 'undelivered') return null;
  return (
    <p class="card-foot">
      <span>The session that asked for this is gone: its results were not delivered.</span>
      <button
        type="button"
        class="button secondary"
        onClick={() => chat.post({ type: 'act', action: 'deliver', id: delegation.id })}
      >
        Deliver here
      </button>
    </p>
  );
}
