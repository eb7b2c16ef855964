import { toolIcon } from '../icons';
import { toolLookOf } from '../status';
import { Fold } from './Fold';
import { Icon, StatusIcon } from './Icon';
import type { ItemProps } from './ItemProps';

export function ToolCard({ item }: ItemProps<'tool'>) {
  const look = toolLookOf(item.status);
  return (
    <Fold
      id={item.id}
      class={`tool tool-${item.status}`}
      label={
        <>
          <Icon name={toolIcon(item.name)} />
          <span class="tool-name">{item.name}</span>
          <span class="tool-target" title={item.target}>
            {item.target}
          </span>
          {item.status !== 'ok' && item.status !== 'running' && <span class="tool-status">{look.label}</span>}
          <StatusIcon look={look} />
        </>
      }
    >
      <Part title="Input" text={item.input} />
      <Part title="Output" text={item.output} />
    </Fold>
  );
}

function Part({ title, text }: { readonly title: string; readonly text: string }) {
  if (text === '') return null;
  return (
    <>
      <div class="part-title">{title}</div>
      <pre class="part" tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </>
  );
}
