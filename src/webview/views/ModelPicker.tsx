import { useRef, useState } from 'preact/hooks';
import { useChat, useSelect } from './ChatContext';
import { Icon } from './Icon';
import { ModelList } from './ModelList';
import { useDismiss } from './useDismiss';

export function ModelPicker() {
  const chat = useChat();
  const root = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  useDismiss(open, root, close);
  const models = useSelect((state) => state.models);
  const current = useSelect((state) => state.session?.model);
  const label = useSelect((state) => state.session?.modelLabel ?? '');
  const pick = (name: string | undefined) => {
    if (name !== undefined) chat.post({ type: 'pickModel', name });
    close();
    root.current?.querySelector('button')?.focus();
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
      {open && <ModelList models={models} current={current} onPick={pick} />}
    </div>
  );
}
