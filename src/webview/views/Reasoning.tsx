import { Fold } from './Fold';
import type { ItemProps } from './ItemProps';
import { MarkdownView } from './MarkdownView';

export function Reasoning({ item }: ItemProps<'reasoning'>) {
  return (
    <Fold
      id={item.id}
      class="reasoning"
      label={<span class={item.streaming ? 'shimmer' : ''}>{item.streaming ? 'Thinking…' : 'Thought'}</span>}
    >
      <MarkdownView text={item.text} growing={item.streaming} />
    </Fold>
  );
}
