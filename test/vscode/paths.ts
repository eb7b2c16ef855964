import path from 'node:path';

/** The project's folder: bootstrap.mjs starts every script in it. */
export const projectRoot = process.cwd();

/** Everything of VS Code's that is downloaded or written while it runs; ignored by git. */
export const vscodeHome = path.join(projectRoot, '.vscode-test');

/** Screenshots and logs of tests; ignored by git. */
export const testResults = path.join(projectRoot, 'test-results');
