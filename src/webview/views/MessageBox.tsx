import { useEffect, useRef } from 'preact/hooks';
import { useChat } from './ChatContext';
import { ComposerFoot } from './ComposerFoot';
import { OptionList } from './OptionList';
import { useCompletion } from './useCompletion';

const PLACEHOLDER = 'Ask, or delegate. / for commands, @ for files';

/** Keys that move the cursor, and with it the word to be completed, without changing the text. */
const CURSOR_KEYS = new Set(['ArrowLeft', 'ArrowRight', 'Home', 'End']);

export function MessageBox() {
  const chat = useChat();
  const box = useRef<HTMLTextAreaElement>(null);
  const completion = useCompletion(box);
  const asked = chat.focusRequests.value;
  useEffect(() => {
    if (asked > 0) box.current?.focus();
  }, [asked]);

  const send = () => {
    completion.close();
    chat.sendDraft();
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, its keys (Enter among them) are its own.
    if (event.isComposing) return;
    const isSend = event.key === 'Enter' && !event.shiftKey;
    const isRecall = event.key === 'ArrowUp' && chat.draft.value === '';
    if (completion.onKey(event)) event.preventDefault();
    else if (isSend) {
      event.preventDefault();
      send();
    } else if (isRecall && chat.recallLast()) event.preventDefault();
  };
  const open = completion.suggestions.length > 0;
  return (
    <div class="box anchor">
      {open && (
        <OptionList
          id="suggestions"
          label="Suggestions"
          options={completion.suggestions}
          active={completion.active}
          onPick={completion.accept}
        />
      )}
      <textarea
        ref={box}
        rows={1}
        aria-label="Message"
        placeholder={PLACEHOLDER}
        value={chat.draft.value}
        aria-autocomplete="list"
        aria-controls={open ? 'suggestions' : undefined}
        aria-activedescendant={open ? `suggestions-${completion.active}` : undefined}
        onInput={(event) => {
          chat.draft.value = event.currentTarget.value;
          completion.update();
        }}
        onKeyDown={onKeyDown}
        onKeyUp={(event) => CURSOR_KEYS.has(event.key) && completion.update()}
        onClick={completion.update}
        onBlur={completion.close}
      />
      <ComposerFoot onSend={send} />
    </div>
  );
}
