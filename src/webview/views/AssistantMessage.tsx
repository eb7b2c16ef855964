import { useRef } from 'preact/hooks';
import { Icon } from './Icon';
import type { ItemProps } from './ItemProps';
import { MarkdownView } from './MarkdownView';

export function AssistantMessage({ item }: ItemProps<'assistant'>) {
  const grown = useRef(false);
  grown.current ||= item.streaming;
  return (
    <div
      class={`assistant ${item.streaming ? 'streaming' : ''} ${grown.current ? 'grown' : ''}`}
      aria-busy={item.streaming}
    >
      <MarkdownView text={item.markdown} growing={item.streaming} />
      {item.interrupted && (
        <p class="hint">
          <Icon name="circle-slash" /> Interrupted: this is as far as it got.
        </p>
      )}
    </div>
  );
}
