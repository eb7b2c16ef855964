// The way into every npm script: runs on any Node from 20 on with nothing installed. It installs the dependencies where they
// are missing or stale, builds the scripts beside it, and runs the named one on the Node 24 that came with the dependencies.
// `node test/run/bootstrap.mjs <script> [arguments]`
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const windows = process.platform === 'win32';
const node24 = path.join(root, 'node_modules', '.bin', windows ? 'node.cmd' : 'node');

class Problem extends Error {}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** What npm wrote down at its last install holds every package of package-lock.json, in its version. */
function isInstalled() {
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const present = packagesOf(path.join(root, 'node_modules', '.package-lock.json'));
  if (!wanted)
    throw new Problem('package-lock.json is missing or broken; restore it with `git checkout package-lock.json`.');
  if (!present || !existsSync(node24)) return false;
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || entry.optional || present[name]?.version === entry.version,
  );
}

/** Runs npm as the user has it: the same program that started this script, or the one on PATH. Its output goes to stderr. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  return cli
    ? spawnSync(process.env.npm_node_execpath ?? process.execPath, [cli, ...args], options)
    : spawnSync('npm', args, { ...options, shell: windows });
}

function install() {
  console.error('Installing the dependencies (npm ci) ...');
  const { status } = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) {
    throw new Problem(
      'The dependencies could not be installed: npm ci failed (see above). Is the npm registry reachable?',
    );
  }
  if (!existsSync(node24)) {
    throw new Problem(
      'npm ci ran no install scripts, so Node 24 is missing. Allow them (npm config set ignore-scripts false).',
    );
  }
}

function build() {
  const { status } = spawnSync(node24, [path.join(root, 'esbuild.js'), 'run'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 2],
    shell: windows,
  });
  if (status !== 0) throw new Problem('The scripts in test/run could not be built (see above).');
}

/**
 * A kill of npm reaches npm's shell and not what that shell started, which lives on without a word: only its parent's id
 * tells. Without npm it may outlive its parent, as after nohup.
 */
function stopWithNpm(child) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 500);
  child.on('exit', () => clearInterval(timer));
}

/** The script hears of the end of this process by the closed channel, however this process ends. */
function run(name, args) {
  const script = path.join(root, 'dist', 'run', `${name}.mjs`);
  if (!existsSync(script)) throw new Problem(`There is no script ${name} in test/run.`);
  const bin = path.join(root, 'node_modules', '.bin');
  const child = spawn(node24, [script, ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      INIT_CWD: process.cwd(), // npm sets it as well: where the user stood, for relative folders
      ...process.env,
      PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`,
    },
    shell: windows,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(child);
  child.on('error', (error) => {
    console.error(`${name} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

try {
  const [name = '', ...args] = process.argv.slice(2);
  if (!isInstalled()) install();
  build();
  run(name, args);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
