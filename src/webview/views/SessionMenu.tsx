import { useRef, useState } from 'preact/hooks';
import { useSelect } from './ChatContext';
import { IconButton } from './IconButton';
import { SessionRow } from './SessionRow';
import { useDismiss } from './useDismiss';

export function SessionMenu() {
  const root = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  useDismiss(open, root, close);
  const sessions = useSelect((state) => state.sessions);
  const currentId = useSelect((state) => state.session?.id);
  return (
    <div class="anchor" ref={root}>
      <IconButton icon="history" label="Sessions" expanded={open} onClick={() => setOpen(!open)} />
      {open && (
        <div class="popup sessions" role="group" aria-label="All sessions">
          {sessions.length === 0 && <p class="hint">No other sessions.</p>}
          <ul>
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} current={session.id === currentId} onOpen={close} />
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
