import type { IconName } from '../icons';
import { Icon } from './Icon';

interface Props {
  readonly icon: IconName;
  /** The accessible name and the tooltip. */
  readonly label: string;
  readonly onClick: () => void;
  readonly class?: string;
  readonly disabled?: boolean;
  readonly expanded?: boolean;
}

export function IconButton({ icon, label, onClick, class: extra = '', disabled = false, expanded }: Props) {
  return (
    <button
      type="button"
      class={`icon-button ${extra}`}
      aria-label={label}
      title={label}
      disabled={disabled}
      aria-expanded={expanded}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
