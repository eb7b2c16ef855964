import { useChat } from './ChatContext';

export function FileLink({ path, line }: { readonly path: string; readonly line?: number }) {
  const chat = useChat();
  return (
    <button
      type="button"
      class="link file-link"
      title={`Open ${path}`}
      onClick={() => chat.post({ type: 'openFile', path, ...(line !== undefined && { line }) })}
    >
      {path}
    </button>
  );
}
