import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Suggestion } from '../../protocol';
import { completeWord, type CompletionWord, completionWordAt } from '../completionWord';
import { useChat, useSelect } from './ChatContext';
import { moveInList } from './moveInList';

interface Request {
  readonly id: number;
  readonly word: CompletionWord;
}

interface Completion {
  /** Empty while there is nothing to choose from. */
  readonly suggestions: readonly Suggestion[];
  readonly active: number;
  /** To be called when the text or the cursor changed. */
  readonly update: () => void;
  readonly accept: (at: number) => void;
  readonly close: () => void;
  /** Takes the key if it means something here. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

/** Completes `/command` and `@file` in the message box. */
export function useCompletion(input: RefObject<HTMLTextAreaElement | null>): Completion {
  const chat = useChat();
  const [request, setRequest] = useState<Request>();
  const [active, setActive] = useState(0);
  const answer = useSelect((state) => state.suggestions);
  // Until the answer to the newest request is there, the one before it stays, so that the list does not blink.
  const shown = useRef<readonly Suggestion[]>([]);
  if (!request) shown.current = [];
  else if (answer.requestId === request.id) shown.current = answer.list;
  const suggestions = shown.current;

  const close = () => setRequest(undefined);
  const update = () => {
    const box = input.current;
    const word =
      box && box.selectionStart === box.selectionEnd ? completionWordAt(box.value, box.selectionStart) : undefined;
    if (!word) return close();
    if (word.kind === request?.word.kind && word.query === request.word.query && word.start === request.word.start)
      return;
    setActive(0);
    setRequest({ id: chat.askForSuggestions(word.kind, word.query), word });
  };
  const accept = (at: number) => {
    const chosen = suggestions[at];
    const box = input.current;
    if (!chosen || !request || !box) return;
    const { text, cursor } = completeWord(box.value, request.word, chosen.insert);
    chat.draft.value = text;
    // The box gets its text with the next rendering; the cursor can only be put into it after that.
    box.value = text;
    box.setSelectionRange(cursor, cursor);
    close();
    if (chosen.insert.endsWith('/')) update();
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (suggestions.length === 0 || !request) return false;
    const moved =
      event.key === 'Home' || event.key === 'End' ? undefined : moveInList(event.key, active, suggestions.length);
    if (moved !== undefined) setActive(moved);
    else if (event.key === 'Escape') close();
    else if (event.key === 'Tab') accept(active);
    else if (event.key === 'Enter' && !event.shiftKey) {
      // What is typed in full is sent, not completed once more.
      const { start, end } = request.word;
      if (input.current?.value.slice(start, end) === suggestions[active]?.insert.trimEnd()) return false;
      accept(active);
    } else return false;
    return true;
  };
  return { suggestions, active, update, accept, close, onKey };
}
