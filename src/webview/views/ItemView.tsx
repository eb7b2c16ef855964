import type { ChatItem } from '../../protocol';
import { AgentsList } from './AgentsList';
import { AssistantMessage } from './AssistantMessage';
import { CompletionItem } from './CompletionItem';
import { DelegationItem } from './DelegationItem';
import { Faultless } from './Faultless';
import { memo } from './memo';
import { Notice } from './Notice';
import { Reasoning } from './Reasoning';
import { ToolCard } from './ToolCard';
import { UserMessage } from './UserMessage';

/** One thing in the conversation. While another one streams, this is not rendered again. */
export const ItemView = memo(({ item }: { readonly item: ChatItem }) => (
  <Faultless what="This entry">{viewOf(item)}</Faultless>
));

function viewOf(item: ChatItem) {
  switch (item.kind) {
    case 'user':
      return <UserMessage item={item} />;
    case 'assistant':
      return <AssistantMessage item={item} />;
    case 'reasoning':
      return <Reasoning item={item} />;
    case 'tool':
      return <ToolCard item={item} />;
    case 'delegation':
      return <DelegationItem item={item} />;
    case 'completion':
      return <CompletionItem item={item} />;
    case 'agents':
      return <AgentsList item={item} />;
    case 'notice':
      return <Notice item={item} />;
  }
}
