import type { ComponentChildren } from 'preact';
import { useExpanded } from './ChatContext';
import { Icon } from './Icon';

interface Props {
  /** Under this id the view remembers whether it is open. */
  readonly id: string;
  readonly class: string;
  readonly label: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A line that opens and closes what is below it; the inside is not built before it is opened. */
export function Fold({ id, class: name, label, children }: Props) {
  const [expanded, toggle] = useExpanded(id);
  return (
    <div class={`fold ${name} ${expanded ? 'open' : ''}`}>
      <button type="button" class="fold-head" aria-expanded={expanded} onClick={toggle}>
        <Icon name={expanded ? 'chevron-down' : 'chevron-right'} />
        {label}
      </button>
      {expanded && <div class="fold-body">{children}</div>}
    </div>
  );
}
