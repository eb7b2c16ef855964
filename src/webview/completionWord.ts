export interface CompletionWord {
  readonly kind: 'command' | 'file';
  /** What stands after the `/` or `@`. */
  readonly query: string;
  /** Where the word stands in the text, its sign included; `end` is where the cursor is. */
  readonly start: number;
  readonly end: number;
}

/** The word that is being typed, if it is one that can be completed: `/command` as the message's first word, or `@file`. */
export function completionWordAt(text: string, cursor: number): CompletionWord | undefined {
  const before = text.slice(0, cursor);
  const command = /^\/([\w-]*)$/.exec(before);
  if (command) return { kind: 'command', query: command[1] ?? '', start: 0, end: cursor };
  const file = /(?:^|[\s(])@([^\s@]{0,500})$/.exec(before);
  if (!file) return undefined;
  const query = file[1] ?? '';
  return { kind: 'file', query, start: cursor - query.length - 1, end: cursor };
}

/** Puts the chosen suggestion in the word's place, with a space after it, and says where the cursor goes. */
export function completeWord(text: string, word: CompletionWord, insert: string): { text: string; cursor: number } {
  const rest = text.slice(word.end);
  const inserted = rest.startsWith(' ') || insert.endsWith('/') ? insert : `${insert} `;
  return { text: text.slice(0, word.start) + inserted + rest, cursor: word.start + inserted.length };
}
