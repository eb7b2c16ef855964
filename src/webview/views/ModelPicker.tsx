import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useChat, useSelect } from './ChatContext';
import { Icon } from './Icon';
import { moveInList } from './moveInList';
import { OptionList } from './OptionList';
import { useDismiss } from './useDismiss';

export function ModelPicker() {
  const chat = useChat();
  const root = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const close = () => setOpen(false);
  useDismiss(open, root, close);
  const models = useSelect((state) => state.models);
  const name = useSelect((state) => state.session?.model);
  const label = useSelect((state) => state.session?.modelLabel ?? '');
  useLayoutEffect(() => {
    if (!open) return;
    setActive(
      Math.max(
        0,
        models.findIndex((model) => model.name === name),
      ),
    );
    root.current?.querySelector<HTMLElement>('[role=listbox]')?.focus();
  }, [open]);
  const pick = (at: number) => {
    const model = models[at];
    if (model) chat.post({ type: 'pickModel', name: model.name });
    close();
    root.current?.querySelector('button')?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moved = moveInList(event.key, active, models.length);
    if (moved !== undefined) setActive(moved);
    else if (event.key === 'Enter' || event.key === ' ') pick(active);
    else return;
    event.preventDefault();
  };
  return (
    <div class="anchor model-picker" ref={root}>
      <button
        type="button"
        class="chip"
        title="Model"
        aria-haspopup="listbox"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span class="chip-label">{label}</span>
        <Icon name="chevron-down" />
      </button>
      {open && (
        <OptionList
          id="models"
          label="Models"
          options={models.map((model) => ({ label: model.label, detail: model.detail, checked: model.name === name }))}
          active={active}
          onPick={pick}
          onKeyDown={onKeyDown}
        />
      )}
    </div>
  );
}
