import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { type FileTarget, parseFileTarget, splitFileMentions } from './fileLinks';
import { highlight } from './highlight';
import { type Pieces, piecesOf } from './markdownPieces';

const md = new MarkdownIt({ html: false, linkify: true, breaks: false });
// `run.sh` and `main.rs` are files here, not addresses in the domains .sh and .rs.
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
md.validateLink = (url) =>
  /^https?:/i.test(url) || !/^[a-z][a-z0-9+.-]*:/i.test(url) || parseFileTarget(url) !== undefined;
md.core.ruler.push('file_mentions', (state) => {
  for (const [at, token] of state.tokens.entries()) {
    if (!token.children) continue;
    if (state.tokens[at - 2]?.type === 'list_item_open') showTick(token.children[0]);
    token.children = withFileLinks(token.children, state.Token);
  }
});

export interface Block {
  readonly html: string;
  /** The same in pieces, where it is a long list or table: while that grows, only its last pieces change. */
  readonly pieces?: Pieces;
  /** The line of the source, from 0, on which the block begins. */
  readonly line: number;
}

/** What definitions (`[a]: https://…`) a text has given so far; one object for all parts of one text. */
export type Definitions = Record<string, unknown>;

/**
 * Markdown to HTML, one string per top-level block, so that a message that grows changes its last string only. Raw HTML
 * comes out as text; links carry `data-file` (and `data-line`) or `data-href` and lead nowhere by themselves; pictures
 * become links. To be sanitised all the same before it goes into a document.
 */
export function renderMarkdown(text: string, definitions: Definitions = {}): Block[] {
  const blocks: Block[] = [];
  let tokens: Token[] = [];
  let depth = 0;
  for (const token of md.parse(text, definitions)) {
    tokens.push(token);
    depth += token.nesting;
    if (depth > 0) continue;
    const render = (some: Token[]) => md.renderer.render(some, md.options, definitions);
    const pieces = piecesOf(tokens, render);
    blocks.push({ html: render(tokens), line: tokens[0]?.map?.[0] ?? 0, ...(pieces && { pieces }) });
    tokens = [];
  }
  return blocks;
}

const escape = (text: string): string => md.utils.escapeHtml(text);

const { rules } = md.renderer;

rules['fence'] = (tokens, at) =>
  codeBlock(tokens[at]?.content ?? '', (tokens[at]?.info ?? '').trim().split(/[\s{:]/, 1)[0] ?? '');
rules['code_block'] = (tokens, at) => codeBlock(tokens[at]?.content ?? '', '');

rules['code_inline'] = (tokens, at) => {
  const content = tokens[at]?.content ?? '';
  const file = content.includes('/') || content.includes(':') ? parseFileTarget(content) : undefined;
  const code = `<code>${escape(content)}</code>`;
  return file ? `<a ${linkAttributes(file)}>${code}</a>` : code;
};

rules['link_open'] = (tokens, at) => {
  const href = String(tokens[at]?.attrGet('href') ?? '');
  return `<a ${linkAttributes(parseFileTarget(decode(href)) ?? href)}>`;
};

// Fetching a picture tells its server that, and when, the answer was read: it is left to a click.
rules['image'] = (tokens, at) => {
  const token = tokens[at];
  const source = String(token?.attrGet('src') ?? '');
  return `<a ${linkAttributes(parseFileTarget(decode(source)) ?? source)}>${escape(token?.content || source)}</a>`;
};

// The page's security policy forbids style attributes, which is how columns would be aligned.
for (const rule of ['th_open', 'td_open']) {
  rules[rule] = (tokens, at) => {
    const token = tokens[at];
    const align = /right|center/.exec(String(token?.attrGet('style') ?? ''))?.[0];
    return `<${token?.tag}${align ? ` class="align-${align}"` : ''}>`;
  };
}
rules['table_open'] = () => '<div class="table"><table>';
rules['table_close'] = () => '</table></div>';

function codeBlock(code: string, language: string): string {
  const body = highlight(code, language) ?? escape(code);
  return (
    `<div class="code"><div class="code-head"><span>${escape(language)}</span>` +
    `<button type="button" class="icon-button" data-copy aria-label="Copy code" title="Copy code">` +
    `<span class="codicon codicon-copy" aria-hidden="true"></span></button></div>` +
    `<pre tabindex="0"><code>${body}</code></pre></div>`
  );
}

function linkAttributes(target: FileTarget | string): string {
  if (typeof target === 'string') {
    return /^https?:/i.test(target) ? `href="#" data-href="${escape(target)}" title="${escape(target)}"` : '';
  }
  const line = target.line === undefined ? '' : ` data-line="${target.line}"`;
  return `href="#" data-file="${escape(target.path)}"${line} title="Open ${escape(target.path)}"`;
}

function withFileLinks(tokens: readonly Token[], TokenClass: typeof Token): Token[] {
  let inLink = 0;
  return tokens.flatMap((token) => {
    if (token.type === 'link_open') inLink++;
    if (token.type === 'link_close') inLink--;
    if (token.type !== 'text' || inLink > 0 || !token.content.includes('/')) return [token];
    return splitFileMentions(token.content).flatMap(({ text, file }) => {
      const piece = new TokenClass('text', '', 0);
      piece.content = text;
      if (!file) return [piece];
      const open = new TokenClass('link_open', 'a', 1);
      open.attrSet('href', text);
      return [open, piece, new TokenClass('link_close', 'a', -1)];
    });
  });
}

/** `[ ]` and `[x]` at the beginning of a list item. */
function showTick(first: Token | undefined): void {
  if (first?.type !== 'text') return;
  first.content = first.content.replace(/^\[([ xX])\] /, (_, tick: string) => (tick === ' ' ? '☐ ' : '☑ '));
}

function decode(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}
