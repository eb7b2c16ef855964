import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ModelOption } from '../../protocol';
import { moveInList } from './moveInList';
import { OptionList } from './OptionList';

interface Props {
  readonly models: readonly ModelOption[];
  /** The name of the one in use. */
  readonly current: string | undefined;
  readonly onPick: (name: string | undefined) => void;
}

/** All models; what is typed narrows them down to those that hold it. */
export function ModelList({ models, current, onPick }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(() =>
    Math.max(
      0,
      models.findIndex(({ name }) => name === current),
    ),
  );
  useLayoutEffect(() => root.current?.querySelector<HTMLElement>('[role=listbox]')?.focus(), []);
  const listed = models.filter((model) => holds(model, typed));
  const pick = (at: number) => onPick(listed[at]?.name);
  const narrow = (text: string) => {
    setTyped(text);
    setActive(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    const moved = moveInList(key, active, listed.length);
    if (moved !== undefined) setActive(moved);
    else if (key === 'Enter' || (key === ' ' && typed === '')) pick(active);
    else if (key === 'Backspace') narrow(typed.slice(0, -1));
    else if (key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) narrow(typed + key);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={root}>
      <OptionList
        id="models"
        label="Models"
        options={listed.map(({ name, label, detail }) => ({ label, detail, checked: name === current }))}
        active={active}
        filter={typed}
        onPick={pick}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}

function holds({ name, label, detail }: ModelOption, typed: string): boolean {
  return [label, name, detail].some((text) => text.toLowerCase().includes(typed.trim().toLowerCase()));
}
