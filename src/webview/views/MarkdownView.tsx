import { useMemo } from 'preact/hooks';
import type { Chat } from '../chat';
import { GrowingMarkdown } from '../growingMarkdown';
import type { Block } from '../markdown';
import { useChat } from './ChatContext';
import { copyWithFeedback } from './copyFeedback';
import { InPieces } from './MarkdownPieces';
import { memo } from './memo';
import { safe } from './safeHtml';

interface Props {
  readonly text: string;
  /** More of it is to come. */
  readonly growing?: boolean;
}

/** What was drawn last while it grew: where its message does not take over the element, the text is parsed already. */
let lastGrown: { readonly text: string; readonly blocks: readonly Block[] } = { text: '', blocks: [] };

export function MarkdownView({ text, growing = false }: Props) {
  const chat = useChat();
  const renderer = useMemo(() => new GrowingMarkdown(), []);
  const blocks = useMemo(() => {
    if (!growing) return text === lastGrown.text ? lastGrown.blocks : renderer.blocks(text);
    lastGrown = { text, blocks: renderer.blocks(text) };
    return lastGrown.blocks;
  }, [text, growing]);
  return (
    <div class="markdown" onClick={(event) => follow(chat, event)}>
      {blocks.map((block, place) =>
        block.pieces === undefined ? (
          <Whole key={place} html={block.html} />
        ) : (
          <InPieces key={place} pieces={block.pieces} />
        ),
      )}
    </div>
  );
}

/** Only the block that grows gets new HTML: the others keep their elements, and with them a selection in them. */
const Whole = memo(({ html }: { readonly html: string }) => <div class="block" dangerouslySetInnerHTML={safe(html)} />);

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
