// Builds everything into dist/: the extension (ES modules), the chat view (for the browser), and
// every test found by glob. `node esbuild.js [extension] [webview] [run] [unit] [host] [e2e] [bench] [torture] [--watch] [--production]`;
// with no name, all but the tests.
const esbuild = require('esbuild');
const { globSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
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

/**
 * The AI SDK takes zod whole, we take a part. Chunks share one copy, so that without this all of it would be loaded at
 * activation: the SDK gets a copy of its own, which is read from disk when one of its models is used.
 */
const ownZodForSdk = {
  name: 'own-zod-for-sdk',
  setup(build) {
    const copy = { suffix: '?sdk', pluginData: 'copy' };
    build.onResolve({ filter: /^(zod|\.)/ }, async ({ path: wanted, pluginData, ...from }) => {
      if (pluginData === 'found') return undefined;
      const isOfSdk = wanted.startsWith('zod') && /[\\/]node_modules[\\/]@ai-sdk[\\/]/.test(from.importer);
      if (!isOfSdk && pluginData !== 'copy') return undefined;
      return { ...(await build.resolve(wanted, { ...from, pluginData: 'found' })), ...copy };
    });
    build.onLoad({ filter: /[\\/]node_modules[\\/]zod[\\/]/ }, ({ path: file, suffix }) =>
      suffix === copy.suffix
        ? { contents: readFileSync(file, 'utf8'), resolveDir: path.dirname(file), pluginData: 'copy' }
        : undefined,
    );
  },
};

/** Writes the licences of all packages that went into a bundle beside it, as most of them ask for. */
const thirdPartyNotices = {
  name: 'third-party-notices',
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      const files = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.keys(inputs));
      const folders = new Set(files.flatMap((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
      const notices = [...folders].sort().map(noticeOf).join('\n\n');
      writeFileSync(path.join(build.initialOptions.outdir, 'THIRD-PARTY-NOTICES.txt'), `${notices}\n`);
    });
  },
};

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

const common = {
  bundle: true,
  logLevel: 'warning',
  minify: production,
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  plugins: [stubZodLocales, ownZodForSdk, ...(production ? [thirdPartyNotices] : [])],
};

const node = { ...common, platform: 'node', target: 'node24', external: ['vscode'] };
// Bundled ES modules still hold CommonJS packages, which want require().
const esmBanner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

const moduleJs = {
  ...node,
  format: 'esm',
  splitting: true,
  banner: esmBanner,
  outExtension: { '.js': '.mjs' },
};

const tests = (folder) => ({
  ...moduleJs,
  entryPoints: globSync(`test/${folder}/**/*.test.{ts,tsx}`),
  outdir: `dist/test/${folder}`,
  outbase: `test/${folder}`,
  jsx: 'automatic',
  jsxImportSource: 'preact',
});

const targets = {
  // ES modules, split: a provider's package is read from disk only when a model of it is used.
  extension: () => ({
    ...moduleJs,
    entryPoints: ['src/extension.ts'],
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
  }),
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
  // VS Code loads a test suite with require().
  host: () => ({
    ...node,
    format: 'cjs',
    entryPoints: [...globSync('test/host/**/*.test.ts'), 'test/host/index.ts'],
    outdir: 'dist/test/host',
    outbase: 'test/host',
    external: ['vscode', 'mocha'],
  }),
  bench: () => ({ ...moduleJs, entryPoints: globSync('test/bench/*.bench.ts'), outdir: 'dist/bench' }),
  // The windows that it kills run what production runs.
  torture: () => ({
    ...moduleJs,
    minify: true,
    sourcemap: false,
    entryPoints: ['test/torture/torture.ts', 'test/torture/window.ts'],
    outdir: 'dist/torture',
    chunkNames: 'chunks/[name]-[hash]',
  }),
};

async function main() {
  for (const name of names.length > 0 ? names : ['extension', 'webview']) {
    if (!(name in targets))
      throw new Error(`Unknown target ${name}; the targets are ${Object.keys(targets).join(', ')}.`);
    const options = targets[name]();
    // Chunks carry a hash in their name: old ones would pile up, and be packaged.
    if (name === 'extension') rmSync('dist/chunks', { recursive: true, force: true });
    if (options.entryPoints.length === 0) continue;
    if (flags.has('--watch')) await (await esbuild.context(options)).watch();
    else await esbuild.build(options);
    console.log(`built ${name}: ${path.relative(process.cwd(), options.outdir ?? options.outfile)}`);
  }
}

if (require.main === module) {
  main().catch((error) => {
    if (!error.errors) console.error(error.message); // esbuild has printed its own
    process.exitCode = 1;
  });
}

module.exports = { targets };
