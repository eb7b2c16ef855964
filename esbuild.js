// Builds everything into dist/: the extension (CommonJS, as VS Code loads it), the chat view (for the browser), and
// every test found by glob. `node esbuild.js [extension] [webview] [run] [unit] [host] [e2e] [bench] [--watch] [--production]`;
// with no name, all but the tests.
const esbuild = require('esbuild');
const { globSync } = require('node:fs');
const path = require('node:path');

const flags = new Set(process.argv.slice(2).filter((arg) => arg.startsWith('--')));
const names = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const production = flags.has('--production');

/** The AI SDK imports zod in the form that brings in every locale (255 KB); none of them is ever used. */
const stubZodLocales = {
  name: 'stub-zod-locales',
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

const common = {
  bundle: true,
  logLevel: 'warning',
  minify: production,
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  plugins: [stubZodLocales],
};

const node = { ...common, platform: 'node', target: 'node24', external: ['vscode'] };
// Bundled ES modules still hold CommonJS packages, which want require().
const esmBanner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

const commonJs = {
  ...node,
  format: 'cjs',
  // tinyglobby's fdir asks for import.meta.url, which CommonJS lacks.
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

const tests = (folder) => ({
  ...node,
  entryPoints: globSync(`test/${folder}/**/*.test.{ts,tsx}`),
  outdir: `dist/test/${folder}`,
  outbase: `test/${folder}`,
  format: 'esm',
  splitting: true,
  banner: esmBanner,
  outExtension: { '.js': '.mjs' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
});

const targets = {
  extension: () => ({ ...commonJs, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js' }),
  webview: () => ({
    ...common,
    platform: 'browser',
    target: 'es2022',
    entryPoints: ['src/webview/main.tsx'],
    outdir: 'dist/webview',
    format: 'iife',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfig: 'src/webview/tsconfig.json',
    loader: { '.ttf': 'file' },
  }),
  unit: () => ({ ...tests('unit'), external: [...node.external, 'typescript'] }),
  // Scripts and browser tests find their packages where they are installed: Playwright cannot be bundled.
  run: () => ({ ...tests('run'), entryPoints: globSync('test/run/*.ts'), outdir: 'dist/run', packages: 'external' }),
  e2e: () => {
    const options = tests('e2e');
    return { ...options, entryPoints: [...options.entryPoints, 'test/e2e/support/hooks.ts'], packages: 'external' };
  },
  host: () => ({
    ...commonJs,
    entryPoints: [...globSync('test/host/**/*.test.ts'), 'test/host/index.ts'],
    outdir: 'dist/test/host',
    outbase: 'test/host',
    external: ['vscode', 'mocha'],
  }),
  bench: () => ({ ...commonJs, entryPoints: globSync('test/bench/*.bench.ts'), outdir: 'dist/bench' }),
};

async function main() {
  for (const name of names.length > 0 ? names : ['extension', 'webview']) {
    if (!(name in targets))
      throw new Error(`Unknown target ${name}; the targets are ${Object.keys(targets).join(', ')}.`);
    const options = targets[name]();
    if (options.entryPoints.length === 0) continue;
    if (flags.has('--watch')) await (await esbuild.context(options)).watch();
    else await esbuild.build(options);
    console.log(`built ${name}: ${path.relative(process.cwd(), options.outdir ?? options.outfile)}`);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
