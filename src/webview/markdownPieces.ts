import type { Token } from 'markdown-it';

/** With fewer items or rows a block is drawn as one. */
const MANY = 30;

export interface Cell {
  readonly html: string;
  readonly align?: string;
}
export type Row = readonly Cell[];

/** A long list by its items, a long table by its rows, long code by its lines; `html` is what is inside of each. */
export type Pieces =
  | { readonly kind: 'list'; readonly tag: 'ul' | 'ol'; readonly start?: number; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly head: readonly Row[]; readonly body: readonly Row[] }
  | { readonly kind: 'code'; readonly language: string; readonly parts: readonly string[] };

/** The pieces of one top-level block; undefined where it is neither, or short. */
export function piecesOf(tokens: readonly Token[], render: (tokens: Token[]) => string): Pieces | undefined {
  switch (tokens[0]?.type) {
    case 'bullet_list_open':
    case 'ordered_list_open':
      return listOf(tokens, tokens[0], render);
    case 'table_open':
      return tableOf(tokens, render);
    default:
      return undefined;
  }
}

/** The same of code; undefined where it is in one part. */
export function piecesOfCode(language: string, parts: readonly string[]): Pieces | undefined {
  return parts.length > 1 ? { kind: 'code', language, parts } : undefined;
}

function listOf(tokens: readonly Token[], list: Token, render: (tokens: Token[]) => string): Pieces | undefined {
  const items = between(tokens, 'list_item', list.level + 1);
  if (items.length < MANY) return undefined;
  const start = Number(list.attrGet('start') ?? 1);
  return {
    kind: 'list',
    tag: list.tag === 'ol' ? 'ol' : 'ul',
    ...(start === 1 ? {} : { start }),
    items: items.map(({ inside }) => render(inside)),
  };
}

function tableOf(tokens: readonly Token[], render: (tokens: Token[]) => string): Pieces | undefined {
  const rows = between(tokens, 'tr').map(({ inside }): { readonly isHead: boolean; readonly row: Row } => {
    const isHead = inside[0]?.type === 'th_open';
    const cells = between(inside, isHead ? 'th' : 'td').map(({ open, inside: cell }): Cell => {
      const align = /right|center/.exec(String(open.attrGet('style') ?? ''))?.[0];
      return { html: render(cell), ...(align !== undefined && { align }) };
    });
    return { isHead, row: cells };
  });
  if (rows.length < MANY) return undefined;
  const part = (isHead: boolean) => rows.filter((row) => row.isHead === isHead).map(({ row }) => row);
  return { kind: 'table', head: part(true), body: part(false) };
}

/** What stands between each opening token of a name and the closing one of the same level. None holds another. */
function between(tokens: readonly Token[], name: string, level?: number) {
  const found: { readonly open: Token; readonly inside: Token[] }[] = [];
  let begun: { readonly open: Token; readonly at: number } | undefined;
  for (const [at, token] of tokens.entries()) {
    if (begun === undefined) {
      if (token.type === `${name}_open` && (level === undefined || token.level === level)) begun = { open: token, at };
    } else if (token.type === `${name}_close` && token.level === begun.open.level) {
      found.push({ open: begun.open, inside: tokens.slice(begun.at + 1, at) });
      begun = undefined;
    }
  }
  return found;
}
