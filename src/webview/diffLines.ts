interface DiffLine {
  readonly kind: 'added' | 'removed' | 'context' | 'hunk' | 'header';
  readonly text: string;
}

/** Reads a unified diff line by line, for colouring; what is not part of a hunk is a header. */
export function diffLines(diff: string): DiffLine[] {
  let inHunk = false;
  return diff
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => {
      if (text.startsWith('@@')) {
        inHunk = true;
        return { kind: 'hunk', text };
      }
      if (!inHunk || /^(diff |Index: )/.test(text)) {
        inHunk = false;
        return { kind: 'header', text };
      }
      if (text.startsWith('+')) return { kind: 'added', text };
      if (text.startsWith('-')) return { kind: 'removed', text };
      return { kind: 'context', text };
    });
}
