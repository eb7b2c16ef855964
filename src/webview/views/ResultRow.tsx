import type { ChildView } from '../../protocol';
import { lookOf } from '../status';
import { useExpanded } from './ChatContext';
import { Icon, StatusIcon } from './Icon';
import { Figures } from './Figures';
import { ResultDetails } from './ResultDetails';

/** One task in a completion: a line that opens to its result. */
export function ResultRow({ child }: { readonly child: ChildView }) {
  const [expanded, toggle] = useExpanded(child.id);
  const look = lookOf(child.status);
  return (
    <li class="child" aria-label={child.title ?? child.goal}>
      <button type="button" class="row result-row" aria-expanded={expanded} onClick={toggle}>
        <Icon name={expanded ? 'chevron-down' : 'chevron-right'} />
        <StatusIcon look={look} />
        <span class="row-text">
          <span class="goal" title={child.goal}>
            {child.title ?? child.goal}
          </span>
          {!expanded && (child.error ?? child.headline) && (
            <span class={`line ${child.error ? 'bad' : ''}`}>{child.error ?? child.headline}</span>
          )}
        </span>
        <span class="row-side">
          <span class="meta figures">
            <span class="figure">{look.label}</span>
            <Figures of={child} />
          </span>
        </span>
      </button>
      {expanded && <ResultDetails child={child} />}
    </li>
  );
}
