import { useChat, useSelect } from './ChatContext';
import { IconButton } from './IconButton';
import { SessionMenu } from './SessionMenu';

export function Header() {
  const chat = useChat();
  const title = useSelect((state) => state.session?.title ?? '');
  return (
    <header class="header">
      <h1 class="session-title" title={title}>
        {title}
      </h1>
      <SessionMenu />
      <IconButton icon="add" label="New session" onClick={() => chat.post({ type: 'newSession' })} />
    </header>
  );
}
