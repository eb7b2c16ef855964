/** What the shell of a command, and all that it starts, carry in their environment, so that they can be told from others. */
export const COMMAND_MARK = 'FANOUT_COMMAND';

/**
 * The same mark as a number, for a limit on Linux that means nothing to it any more (the number of file locks) and that
 * all which a command starts inherits, whatever becomes of its environment.
 */
export function lockLimitOf(mark: string): number {
  return Number.parseInt(mark.replaceAll('-', '').slice(0, 12), 16) + 1;
}

const isWindows = process.platform === 'win32';

/**
 * The environment that commands get: that of VS Code, without what is meant for VS Code's own processes, and with
 * programs told not to wait for a person. `CI` is not set: it changes what builds and tests do.
 */
export function commandEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = /^(ELECTRON_|VSCODE_(?!PORTABLE$)|FANOUT_)/i;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name))),
    ...NOBODY_IS_THERE,
    ...withGitSetting(env, 'safe.bareRepository', 'explicit'),
    // Else `git` may be a git.bat that lies in the folder.
    ...(isWindows ? NO_PROGRAM_OF_THE_FOLDER : {}),
  };
}

/** For whatever we start on Windows: a program is never one that lies in the folder that it is started in. */
export const NO_PROGRAM_OF_THE_FOLDER = { NoDefaultCurrentDirectoryInExePath: '1' };

/** An editor that says at once what to do without one. It is run by a shell, also on Windows: by that of git. */
function noEditor(advice: string): string {
  return `echo "No editor can be opened here: ${advice}." >&2; false`;
}

const NO_EDITOR = noEditor('use -m or --no-edit, or set GIT_EDITOR=true to keep the text that git proposes');

const NOBODY_IS_THERE = {
  EDITOR: NO_EDITOR,
  VISUAL: NO_EDITOR,
  GIT_EDITOR: NO_EDITOR,
  GIT_SEQUENCE_EDITOR: noEditor('set GIT_SEQUENCE_EDITOR to a command that edits the list of commits'),
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  MANPAGER: 'cat',
  TERM: 'dumb',
  GIT_TERMINAL_PROMPT: '0',
  // Set but empty: git then asks neither these nor the program that its settings name.
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  SSH_ASKPASS_REQUIRE: 'never',
  SUDO_ASKPASS: '',
  DEBIAN_FRONTEND: 'noninteractive',
};

/**
 * A setting of git's in the environment, behind those that are there. `safe.bareRepository`: files of a project that look
 * like a repository, and name programs in its settings, are none to a git that is run among them.
 */
function withGitSetting(env: NodeJS.ProcessEnv, key: string, value: string): NodeJS.ProcessEnv {
  const count = Number(env['GIT_CONFIG_COUNT'] ?? '0');
  const next = Number.isInteger(count) && count >= 0 ? count : 0;
  return {
    GIT_CONFIG_COUNT: String(next + 1),
    [`GIT_CONFIG_KEY_${next}`]: key,
    [`GIT_CONFIG_VALUE_${next}`]: value,
  };
}
