import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './Icon';

interface Option {
  readonly label: string;
  readonly detail: string;
  readonly checked?: boolean;
}

interface Props {
  /** Option n has the id `<id>-n`, for aria-activedescendant. */
  readonly id: string;
  readonly label: string;
  readonly options: readonly Option[];
  readonly active: number;
  /** What was typed to narrow the list down; shown where it is given and not empty. */
  readonly filter?: string;
  readonly onPick: (at: number) => void;
  /** Given where the list itself takes the keys; otherwise the focus stays where it is. */
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** A list of choices that floats above the message box. */
export function OptionList({ id, label, options, active, filter = '', onPick, onKeyDown }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelectorAll('[role=option]')[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const focusing = onKeyDown ? { tabIndex: 0, onKeyDown } : {};
  return (
    <div
      ref={list}
      class="popup options"
      role="listbox"
      id={id}
      aria-label={label}
      aria-activedescendant={`${id}-${active}`}
      {...focusing}
    >
      {filter !== '' && (
        <p class="hint option-filter" role="status">
          {options.length === 0 ? `Nothing holds “${filter}”` : `With “${filter}”`}
        </p>
      )}
      {options.map((option, at) => (
        <div
          key={at}
          id={`${id}-${at}`}
          role="option"
          aria-selected={at === active}
          class={`option ${at === active ? 'active' : ''}`}
          // The text box keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(at)}
        >
          {option.checked !== undefined && <span class="option-check">{option.checked && <Icon name="check" />}</span>}
          <span class="option-label">{option.label}</span>
          <span class="meta option-detail">{option.detail}</span>
        </div>
      ))}
    </div>
  );
}
