import { useSelect } from './ChatContext';
import { CompletionCard } from './CompletionCard';
import { Icon } from './Icon';
import type { ItemProps } from './ItemProps';

/** Where the results of a delegation entered the conversation. */
export function CompletionItem({ item }: ItemProps<'completion'>) {
  const { delegationId } = item;
  const delegation = useSelect((state) => state.delegations.get(delegationId), [delegationId]);
  const isCard = useSelect((state) => state.cards.get(delegationId) === item.id, [delegationId, item.id]);
  if (isCard && delegation) return <CompletionCard delegation={delegation} waiting={item.waiting ?? false} />;
  return (
    <div class="reference">
      <Icon name="inbox" />
      <span class="reference-title">Results of {delegation?.title ?? delegationId}</span>
      <span class="meta">{isCard ? 'removed from the list' : 'shown again below'}</span>
    </div>
  );
}
