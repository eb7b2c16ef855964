import { isOver } from '../status';
import { useSelect } from './ChatContext';
import { CompletionCard } from './CompletionCard';
import { DelegationCard } from './DelegationCard';
import { Fold } from './Fold';
import { Icon } from './Icon';
import type { ItemProps } from './ItemProps';
import { MarkdownView } from './MarkdownView';

/** Where the results of a delegation entered the conversation. */
export function CompletionItem({ item }: ItemProps<'completion'>) {
  const { delegationId } = item;
  const delegation = useSelect((state) => state.delegations.get(delegationId), [delegationId]);
  const isCard = useSelect((state) => state.cards.get(delegationId) === item.id, [delegationId, item.id]);
  // Results that came while it was cut off; it goes on now.
  if (isCard && delegation && !isOver(delegation.status)) return <DelegationCard delegation={delegation} />;
  if (isCard && delegation) return <CompletionCard delegation={delegation} waiting={item.waiting ?? false} />;
  if (isCard && item.text !== undefined) {
    // Not listed any more, so there is no card; the conversation still holds its block.
    return (
      <Fold id={item.id} class="reasoning" label={`Results of ${delegationId}, which is not listed any more`}>
        <MarkdownView text={item.text} growing={false} />
      </Fold>
    );
  }
  return (
    <div class="reference">
      <Icon name="inbox" />
      <span class="reference-title">Results of {delegation?.title ?? delegationId}</span>
      <span class="meta">{isCard ? 'removed from the list' : 'shown again below'}</span>
    </div>
  );
}
