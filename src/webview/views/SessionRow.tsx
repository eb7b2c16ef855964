import { useState } from 'preact/hooks';
import type { SessionSummary } from '../../protocol';
import { formatAge } from '../format';
import { useChat } from './ChatContext';
import { Icon } from './Icon';
import { IconButton } from './IconButton';

interface Props {
  readonly session: SessionSummary;
  readonly current: boolean;
  readonly onOpen: () => void;
}

export function SessionRow({ session, current, onOpen }: Props) {
  const chat = useChat();
  // A deleted session is gone for good, so the first click only asks.
  const [asking, setAsking] = useState(false);
  const open = () => {
    chat.post({ type: 'openSession', sessionId: session.id });
    onOpen();
  };
  const remove = () => chat.post({ type: 'deleteSession', sessionId: session.id });
  return (
    <li class={`session-row ${current ? 'current' : ''}`}>
      <button type="button" class="session-open" aria-current={current} onClick={open}>
        {session.running && <Icon name="loading" label="running" />}
        <span class="session-name">{session.title}</span>
        <span class="meta">{formatAge(Date.now() - session.updatedAt)}</span>
      </button>
      {asking ? (
        <button type="button" class="button danger" onClick={remove} onBlur={() => setAsking(false)}>
          Delete?
        </button>
      ) : (
        <IconButton icon="trash" label={`Delete ${session.title}`} onClick={() => setAsking(true)} />
      )}
    </li>
  );
}
