import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { ReadonlySignal } from '@preact/signals';
import type { Chat } from '../chat';
import type { ChatState } from '../chatState';

/** What every component may reach without being handed it. */
export interface ChatScope {
  readonly chat: Chat;
  /** The time in milliseconds since 1970; moves only while something runs. */
  readonly now: ReadonlySignal<number>;
}

export const ChatContext = createContext<ChatScope | undefined>(undefined);

export function useScope(): ChatScope {
  const scope = useContext(ChatContext);
  if (!scope) throw new Error('A component of the chat was rendered outside of it.');
  return scope;
}

export function useChat(): Chat {
  return useScope().chat;
}

/** A part of the state; the component renders again only when that part changes. `keys` are what `part` depends on. */
export function useSelect<T>(part: (state: ChatState) => T, keys: readonly unknown[] = []): T {
  const chat = useChat();
  return useMemo(() => chat.select(part), [chat, ...keys]).value;
}

/** Whether the thing with this id is folded open, and what folds it. */
export function useExpanded(id: string): readonly [boolean, () => void] {
  const chat = useChat();
  const expanded = useMemo(() => chat.selectExpanded(id), [chat, id]);
  return [expanded.value, () => chat.toggle(id)];
}
