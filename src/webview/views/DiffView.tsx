import { diffLines } from '../diffLines';

export function DiffView({ diff }: { readonly diff: string }) {
  return (
    <pre class="diff" tabIndex={0} aria-label="Changes">
      {diffLines(diff)
        .filter((line) => line.kind !== 'header')
        .map((line, place) => (
          <div key={place} class={`diff-line diff-${line.kind}`}>
            {line.text || ' '}
          </div>
        ))}
    </pre>
  );
}
