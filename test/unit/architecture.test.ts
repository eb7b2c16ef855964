import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What each folder of src (or file in it) may import of ours: folders, or single files. Types count like values. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  util: [],
  agent: ['util'],
  'protocol.ts': ['agent/messages.ts'],
  models: ['agent', 'util'],
  delegation: ['agent', 'util'],
  store: ['agent', 'delegation', 'util'],
  tools: ['agent', 'delegation', 'util'],
  session: ['agent', 'delegation', 'tools', 'util'],
  'recovery.ts': ['delegation', 'store', 'util'],
  'enginePorts.ts': ['agent', 'delegation', 'store', 'tools', 'util'],
  'engine.ts': ['agent', 'delegation', 'enginePorts.ts', 'models', 'recovery.ts', 'session', 'store', 'tools', 'util'],
  vscode: [
    'agent',
    'delegation',
    'engine.ts',
    'enginePorts.ts',
    'models',
    'protocol.ts',
    'session',
    'store',
    'tools',
    'util',
  ],
  webview: [],
  'extension.ts': ['agent', 'delegation', 'engine.ts', 'models', 'session', 'store', 'tools', 'util', 'vscode'],
};

/** What they may import besides with `import type`, which leaves no trace in the build. */
const mayImportTypesOf: Readonly<Record<string, readonly string[]>> = {
  session: ['models', 'protocol.ts', 'store'],
  webview: ['agent/messages.ts', 'protocol.ts'],
};

/** Only these may import VS Code's API. */
const onVscode = ['vscode', 'extension.ts'];

/** Lines; a file that needs more holds two ideas. */
const longest = 400;

interface Import {
  /** A file of src (`agent/loop.ts`), or the name of a package. */
  readonly target: string;
  readonly typeOnly: boolean;
}

const posix = (file: string) => file.split(path.sep).join('/');
const sources = globSync('src/**/*.{ts,tsx}').map((file) => posix(path.relative('src', file)));
const sourceSet = new Set(sources);

/** `./messages` in agent/loop.ts is agent/messages.ts; a style sheet or a package stays as it is. */
function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const file = path.posix.join(path.posix.dirname(from), specifier);
  return [`${file}.ts`, `${file}.tsx`, file].find((candidate) => sourceSet.has(candidate)) ?? file;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join('src', file), 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (specifier && ts.isStringLiteral(specifier)) found.push({ target: resolve(file, specifier.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const imports = new Map(sources.map((file) => [file, importsOf(file)]));

const partOf = (file: string) => file.split('/')[0] ?? file;
const within = (file: string, allowed: readonly string[]) => allowed.includes(file) || allowed.includes(partOf(file));

/** `agent/loop.ts imports store/rows.ts`, for each import of ours from one part that the tables do not allow. */
function violations(part: string): string[] {
  const files = sources.filter((file) => partOf(file) === part);
  return files.flatMap((file) =>
    (imports.get(file) ?? [])
      .filter(({ target }) => sourceSet.has(target) && partOf(target) !== part)
      .filter(({ target }) => !within(target, mayImport[part] ?? []))
      .filter(({ target, typeOnly }) => !(typeOnly && within(target, mayImportTypesOf[part] ?? [])))
      .map(({ target }) => `${file} imports ${target}`),
  );
}

/** The files of one ring of imports, the first of them again at the end; undefined where there is none. */
function findCycle(): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): string[] | undefined => {
    const start = trail.indexOf(file);
    if (start !== -1) return [...trail.slice(start), file];
    if (done.has(file)) return undefined;
    done.add(file);
    for (const { target } of imports.get(file) ?? []) {
      const cycle = sourceSet.has(target) ? walk(target, [...trail, file]) : undefined;
      if (cycle) return cycle;
    }
    return undefined;
  };
  for (const file of sources) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe('the architecture', () => {
  it('has a row in the import table for every part of src', () => {
    assert.deepEqual(
      [...new Set(sources.map(partOf))].filter((part) => !(part in mayImport)),
      [],
    );
  });

  for (const [part, allowed] of Object.entries(mayImport)) {
    const types = mayImportTypesOf[part];
    const list = [...allowed, ...(types ? [`types of ${types.join(', ')}`] : [])].join(', ') || 'nothing of ours';
    it(`lets ${part} import ${list}`, () => assert.deepEqual(violations(part), []));
  }

  it('has no ring of imports, types included', () => {
    assert.equal(findCycle()?.join(' -> '), undefined);
  });

  it("keeps VS Code's API to src/vscode and extension.ts", () => {
    const users = sources.filter((file) => imports.get(file)?.some(({ target }) => target === 'vscode'));
    assert.deepEqual(
      users.filter((file) => !within(file, onVscode)),
      [],
    );
  });

  // VS Code’s proxy is in their module objects, which an imported name does not see; and an import loads undici.
  it('asks for http and https on use', () => {
    const importers = sources.filter((file) =>
      imports.get(file)?.some(({ target, typeOnly }) => /^(node:)?https?$/.test(target) && !typeOnly),
    );
    assert.deepEqual(importers, []);
  });

  it("keeps the chat view to the browser: nothing of Node's", () => {
    const views = sources.filter((file) => partOf(file) === 'webview');
    assert.deepEqual(
      views.filter((file) => imports.get(file)?.some(({ target }) => target.startsWith('node:'))),
      [],
    );
  });

  it(`keeps every file to ${longest} lines`, () => {
    const files = [...globSync('src/**/*.{ts,tsx,css}'), ...globSync('test/**/*.{ts,tsx}')];
    const lines = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1;
    assert.deepEqual(
      files.filter((file) => lines(file) > longest).map((file) => `${posix(file)}: ${lines(file)}`),
      [],
    );
  });
});
