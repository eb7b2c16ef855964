import type { DelegationParts, ExportParts } from './exportSession';

/** A session as JSON of the shape {@link SessionExport}, piece by piece; a line for each entry and each child. */
export function* jsonOf({ head, entries, delegations }: ExportParts): Generator<string> {
  yield* opened(head, 'entries');
  yield* items(entries, pieceOf);
  yield ',\n"delegations": [';
  yield* items(delegations, delegationPieces);
  yield '}\n';
}

function* delegationPieces({ head, children }: DelegationParts): Generator<string> {
  yield* opened(head, 'children');
  yield* items(children, pieceOf);
  yield '}';
}

function* pieceOf(value: unknown): Generator<string> {
  yield JSON.stringify(value);
}

/** The object up to the first item of its last field, a list. */
function* opened(head: object, list: string): Generator<string> {
  yield `${JSON.stringify(head, null, 2).slice(0, -'\n}'.length)},\n"${list}": [`;
}

/** The items of a list, and its end. */
function* items<T>(values: Iterable<T>, pieces: (value: T) => Iterable<string>): Generator<string> {
  let separator = '\n';
  for (const value of values) {
    yield separator;
    yield* pieces(value);
    separator = ',\n';
  }
  yield ']';
}
