import { useChat, useSelect } from './ChatContext';
import { Icon } from './Icon';
import { IconButton } from './IconButton';

const NONE: readonly string[] = [];

/** What was sent while the agent was busy; it is read when the turn ends. */
export function Queue() {
  const chat = useChat();
  const queued = useSelect((state) => state.session?.queued ?? NONE);
  if (queued.length === 0) return null;
  return (
    <ul class="queue" aria-label="Queued">
      {queued.map((text, index) => (
        <li key={index}>
          <Icon name="clockface" label="Queued" />
          <span class="queued-text" title={text}>
            {text}
          </span>
          <IconButton icon="close" label="Take back" onClick={() => chat.takeBack(index)} />
        </li>
      ))}
    </ul>
  );
}
