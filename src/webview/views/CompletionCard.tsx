import type { DelegationView } from '../../protocol';
import { CardHead } from './CardHead';
import { cardName, Delivery } from './DelegationCard';
import { ResultRow } from './ResultRow';
import { WaitingChanges } from './WorktreeChanges';

interface Props {
  readonly delegation: DelegationView;
  /** The agent has not read it yet; it waits for the user. */
  readonly waiting: boolean;
}

/** The results of a delegation that is over. */
export function CompletionCard({ delegation, waiting }: Props) {
  return (
    <article class="card completion" aria-label={cardName(delegation)}>
      <CardHead delegation={delegation} />
      <ul class="rows">
        {delegation.children.map((child) => (
          <ResultRow key={child.id} child={child} />
        ))}
      </ul>
      <WaitingChanges id={delegation.id} agents={delegation.children} />
      {waiting && <p class="card-foot">The agent waits for you before it goes on with these results.</p>}
      <Delivery delegation={delegation} />
    </article>
  );
}
