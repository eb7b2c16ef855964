import { useLayoutEffect, useRef } from 'preact/hooks';
import { useChat } from './ChatContext';

interface Props {
  readonly childId: string;
  readonly onDone: () => void;
}

/** One line to a running child; Enter sends it, Escape gives up. */
export function SteerBox({ childId, onDone }: Props) {
  const chat = useChat();
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onDone();
    if (event.key !== 'Enter' || event.isComposing) return;
    const text = input.current?.value.trim();
    if (text) chat.steer(childId, text);
    onDone();
  };
  return (
    <input
      ref={input}
      class="text-input steer"
      type="text"
      aria-label="Steer"
      placeholder="Tell this agent something; it reads it before its next step"
      onKeyDown={onKeyDown}
    />
  );
}
