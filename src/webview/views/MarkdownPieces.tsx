import type { Cell, Pieces, Row } from '../markdownPieces';
import { memo } from './memo';
import { safe } from './safeHtml';

/** A long list or table: while it grows, the items and rows that are there stay as they are. */
export function InPieces({ pieces }: { readonly pieces: Pieces }) {
  return <div class="block">{pieces.kind === 'list' ? <List {...pieces} /> : <Table {...pieces} />}</div>;
}

function List({ tag: Tag, start, items }: Extract<Pieces, { kind: 'list' }>) {
  return (
    <Tag start={start}>
      {items.map((html, place) => (
        <Item key={place} html={html} />
      ))}
    </Tag>
  );
}

const Item = memo(({ html }: { readonly html: string }) => <li dangerouslySetInnerHTML={safe(html)} />);

function Table({ head, body }: Extract<Pieces, { kind: 'table' }>) {
  return (
    <div class="table">
      <table>
        <thead>{head.map((row, place) => rowOf(row, place, 'th'))}</thead>
        <tbody>{body.map((row, place) => rowOf(row, place, 'td'))}</tbody>
      </table>
    </div>
  );
}

function rowOf(row: Row, place: number, tag: 'th' | 'td') {
  return (
    <tr key={place}>
      {row.map((cell, column) => (
        <CellView key={column} tag={tag} html={cell.html} align={cell.align} />
      ))}
    </tr>
  );
}

const CellView = memo(
  ({ tag: Tag, html, align }: { readonly tag: 'th' | 'td'; readonly html: string; readonly align: Cell['align'] }) => (
    <Tag class={align && `align-${align}`} dangerouslySetInnerHTML={safe(html)} />
  ),
);
