import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { type FileTarget, parseFileTarget, splitFileMentions } from './fileLinks';
import { codeParts } from './codeParts';
import { type Pieces, piecesOf, piecesOfCode } from './markdownPieces';

const md = new MarkdownIt({ html: false, linkify: true, breaks: false });
// `run.sh` and `main.rs` are files here, not addresses in the domains .sh and .rs.
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
md.validateLink = (url) =>
  /^https?:/i.test(url) || !/^[a-z][a-z0-9+.-]*:/i.test(url) || parseFileTarget(url) !== undefined;
md.core.ruler.push('file_mentions', (state) => {
  for (const token of state.tokens) if (token.children) token.children = withFileLinks(token.children, state.Token);
});
/** Finds the blocks and leaves what is in them as it stands: by far the most time goes into that. */
const blocksOnly = new MarkdownIt({ html: false }).disable(['inline', 'linkify', 'text_join']);

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
  const parsed = blocksOnly.parse(text, definitions);
  for (const [at, token] of parsed.entries()) {
    if (token.type === 'inline') {
      const isItem = parsed[at - 2]?.type === 'list_item_open';
      token.children = [htmlToken(inlineHtml(isItem ? withTick(token.content) : token.content, definitions))];
    }
    tokens.push(token);
    depth += token.nesting;
    if (depth > 0) continue;
    blocks.push(blockOf(tokens, (some) => md.renderer.render(some, md.options, definitions)));
    tokens = [];
  }
  return blocks;
}

function blockOf(tokens: Token[], render: (tokens: Token[]) => string): Block {
  const [first] = tokens;
  const line = first?.map?.[0] ?? 0;
  const pieces = isCode(first) ? piecesOfCode(languageOf(first), partsOfCode(first)) : piecesOf(tokens, render);
  if (pieces === undefined) return { html: render(tokens), line };
  return {
    // Seldom wanted, and long.
    get html() {
      return render(tokens);
    },
    line,
    pieces,
  };
}

function isCode(token: Token | undefined): token is Token {
  return token?.type === 'fence' || token?.type === 'code_block';
}

const TokenClass = new md.core.State('', md, {}).Token;
/** Characters of texts whose HTML is kept. */
const KEPT = 500_000;
/** HTML of what is in paragraphs, items and cells: while a list or table grows, all of it comes by with each frame. */
const inlines = new Map<string, string>();
let kept = 0;

function inlineHtml(text: string, definitions: Definitions): string {
  const known = inlines.get(text);
  if (known !== undefined && !hasReferences(definitions)) return known;
  const html = md.renderInline(text, definitions);
  // What a text with definitions links to is its own matter.
  if (hasReferences(definitions)) return html;
  if (kept > KEPT) {
    inlines.clear();
    kept = 0;
  }
  inlines.set(text, html);
  kept += text.length;
  return html;
}

function hasReferences({ references }: Definitions): boolean {
  return typeof references === 'object' && references !== null && Object.keys(references).length > 0;
}

/** The renderer puts it out as it is; the parser makes none, as it takes no HTML. */
function htmlToken(html: string): Token {
  const made = new TokenClass('html_inline', '', 0);
  made.content = html;
  return made;
}

const escape = (text: string): string => md.utils.escapeHtml(text);

const { rules } = md.renderer;

rules['fence'] = rules['code_block'] = (tokens, at) => {
  const token = tokens[at];
  return token === undefined ? '' : codeBlock(languageOf(token), partsOfCode(token));
};

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

function languageOf({ info }: Token): string {
  return info.trim().split(/[\s{:]/, 1)[0] ?? '';
}

function partsOfCode(token: Token): string[] {
  return codeParts(token.content, languageOf(token), isClosed(token), escape);
}

/** Whether a block of code has its last fence: that is a line that it spans and does not hold. */
function isClosed({ content, map }: Token): boolean {
  const lines = content.split('\n').length - (content === '' || content.endsWith('\n') ? 1 : 0);
  return map !== null && map[1] - map[0] === lines + 2;
}

function codeBlock(language: string, parts: readonly string[]): string {
  return (
    `<div class="code"><div class="code-head"><span>${escape(language)}</span>` +
    `<button type="button" class="icon-button" data-copy aria-label="Copy code" title="Copy code">` +
    `<span class="codicon codicon-copy" aria-hidden="true"></span></button></div>` +
    `<pre tabindex="0"><code>${parts.join('')}</code></pre></div>`
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
function withTick(text: string): string {
  return text.replace(/^\[([ xX])\] /, (_, tick: string) => (tick === ' ' ? '☐ ' : '☑ '));
}

function decode(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}
