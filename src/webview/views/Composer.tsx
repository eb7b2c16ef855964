import { useChat, useSelect } from './ChatContext';
import { MessageBox } from './MessageBox';
import { Queue } from './Queue';

/** The message box and what waits above it. */
export function Composer() {
  const chat = useChat();
  const waiting = useSelect((state) => state.session?.state === 'waiting');
  const canGoOn = useSelect((state) => state.session?.canGoOn ?? false);
  const elsewhere = useSelect((state) => state.session?.state === 'elsewhere');
  // The draft is kept: the box comes back when the other window is closed.
  if (elsewhere) return null;
  return (
    <footer class="composer">
      <Queue />
      {(waiting || canGoOn) && (
        <button type="button" class="button wide" onClick={() => chat.post({ type: 'wake' })}>
          {waiting ? 'Continue with the results' : 'Let the agent go on'}
        </button>
      )}
      <MessageBox />
    </footer>
  );
}
