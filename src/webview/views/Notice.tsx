import { useChat } from './ChatContext';
import { Icon } from './Icon';
import type { ItemProps } from './ItemProps';

export function Notice({ item }: ItemProps<'notice'>) {
  const chat = useChat();
  return (
    <div class={`notice notice-${item.level}`} role="note">
      <Icon name={item.level} label={item.level} />
      <div class="notice-text">
        {item.text}
        {item.actions && item.actions.length > 0 && (
          <div class="buttons">
            {item.actions.map(({ label, command }) => (
              <button
                key={command}
                type="button"
                class="button secondary"
                onClick={() => chat.post({ type: 'notice', command })}
              >
                {label}
              </button>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}
