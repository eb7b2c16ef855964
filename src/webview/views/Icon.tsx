import type { IconName } from '../icons';
import type { Look } from '../status';

export function Icon({ name, label }: { readonly name: IconName; readonly label?: string }) {
  const spin = name === 'loading' ? ' codicon-modifier-spin' : '';
  const meaning =
    label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label, title: label };
  return <span class={`codicon codicon-${name}${spin}`} {...meaning} />;
}

/** The picture of a state, in the state's colour. */
export function StatusIcon({ look }: { readonly look: Look }) {
  return (
    <span class={`status status-${look.icon}`}>
      <Icon name={look.icon} label={look.label} />
    </span>
  );
}
