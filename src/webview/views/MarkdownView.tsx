import { useMemo } from 'preact/hooks';
import type { Chat } from '../chat';
import { GrowingMarkdown } from '../growingMarkdown';
import { renderMarkdown } from '../markdown';
import { sanitize } from '../sanitize';
import { useChat } from './ChatContext';
import { copyWithFeedback } from './copyFeedback';
import { memo } from './memo';

interface Props {
  readonly text: string;
  /** More of it is to come. */
  readonly growing?: boolean;
}

export function MarkdownView({ text, growing = false }: Props) {
  const chat = useChat();
  const renderer = useMemo(() => new GrowingMarkdown(), []);
  const blocks = useMemo(
    () => (growing ? renderer.render(text) : renderMarkdown(text).map((block) => block.html)),
    [text, growing],
  );
  return (
    <div class="markdown" onClick={(event) => follow(chat, event)}>
      {blocks.map((html, place) => (
        <Block key={place} html={html} />
      ))}
    </div>
  );
}

/** Only the block that grows gets new HTML: the others keep their elements, and with them a selection in them. */
const Block = memo(({ html }: { readonly html: string }) => (
  <div class="block" dangerouslySetInnerHTML={{ __html: sanitize(html) }} />
));

/** Links and copy buttons inside of rendered Markdown carry data only; this gives them their effect. */
function follow(chat: Chat, event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target.closest<HTMLElement>('a, [data-copy]') : null;
  if (!target) return;
  event.preventDefault();
  const { file, line, href } = target.dataset;
  if (target.hasAttribute('data-copy'))
    copyWithFeedback(target, target.closest('.code')?.querySelector('code')?.textContent ?? '');
  else if (file !== undefined) chat.post({ type: 'openFile', path: file, ...(line && { line: Number(line) }) });
  else if (href !== undefined) chat.post({ type: 'openLink', href });
}
