import assert from 'node:assert/strict';
import { diffLines } from '../../../src/webview/diffLines';

describe('a diff in the chat view', () => {
  it('is read line by line, and lines that look like headers inside of a hunk are not', () => {
    const diff = '--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n--- b\n+++ c\n\n';
    assert.deepEqual(
      diffLines(diff).map(({ kind }) => kind),
      ['header', 'header', 'hunk', 'context', 'removed', 'added', 'context'],
    );
  });

  it('takes the next file of a diff for one', () => {
    const kinds = diffLines('@@ -1 +1 @@\n-a\n+b\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-c').map(
      ({ kind }) => kind,
    );
    assert.deepEqual(kinds, ['hunk', 'removed', 'added', 'header', 'header', 'header', 'hunk', 'removed']);
  });
});
