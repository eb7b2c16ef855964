import { useChat, useSelect } from './ChatContext';
import { DelegationCard } from './DelegationCard';
import { Icon } from './Icon';
import type { ItemProps } from './ItemProps';

/** Where a delegation was dispatched: its card, or one line once its results are further below. */
export function DelegationItem({ item }: ItemProps<'delegation'>) {
  const { delegationId } = item;
  const chat = useChat();
  const delegation = useSelect((state) => state.delegations.get(delegationId), [delegationId]);
  const isCard = useSelect((state) => state.cards.get(delegationId) === item.id, [delegationId, item.id]);
  if (isCard && delegation) return <DelegationCard delegation={delegation} />;
  return (
    <div class="reference">
      <Icon name="type-hierarchy-sub" />
      <span class="reference-title">Delegated: {delegation?.title ?? delegationId}</span>
      {isCard ? (
        <span class="meta">removed from the list</span>
      ) : (
        <button
          type="button"
          class="link"
          onClick={() => {
            chat.reveal.value = { delegationId };
          }}
        >
          Results below
        </button>
      )}
    </div>
  );
}
