import { globSync } from 'node:fs';
import { findRipgrep, ripgrepInVsCode } from '../../../src/tools/ripgrep';

/** Where `npm test` may have put a VS Code, with its ripgrep, or the machine has one. */
export async function ripgrepOfTests(): Promise<string | undefined> {
  const roots = globSync(
    '.vscode-test/{node_modules/code-server/lib/vscode,*/resources/app,*/*.app/Contents/Resources/app}',
  );
  return findRipgrep(roots.flatMap(ripgrepInVsCode), process.env['PATH'] ?? '');
}
