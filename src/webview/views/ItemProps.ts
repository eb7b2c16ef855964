import type { ChatItem } from '../../protocol';

/** What the component of one kind of item is given. */
export interface ItemProps<K extends ChatItem['kind']> {
  readonly item: Extract<ChatItem, { kind: K }>;
}
