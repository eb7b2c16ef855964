import type { Cell, Pieces, Row } from '../markdownPieces';
import { Icon } from './Icon';
import { memo } from './memo';
import { safe } from './safeHtml';

/** A long list, table or code block: while it grows, the items, rows and lines that are there stay as they are. */
export function InPieces({ pieces }: { readonly pieces: Pieces }) {
  return <div class="block">{partsOf(pieces)}</div>;
}

function partsOf(pieces: Pieces) {
  switch (pieces.kind) {
    case 'list':
      return <List {...pieces} />;
    case 'table':
      return <Table {...pieces} />;
    case 'code':
      return <Code {...pieces} />;
  }
}

function Code({ language, parts }: Extract<Pieces, { kind: 'code' }>) {
  return (
    <div class="code">
      <div class="code-head">
        <span>{language}</span>
        <button type="button" class="icon-button" data-copy aria-label="Copy code" title="Copy code">
          <Icon name="copy" />
        </button>
      </div>
      <pre tabIndex={0}>
        <code>
          {parts.map((html, place) => (
            <Lines key={place} html={html} />
          ))}
        </code>
      </pre>
    </div>
  );
}

const Lines = memo(({ html }: { readonly html: string }) => (
  <span class="code-lines" dangerouslySetInnerHTML={safe(html)} />
));

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
