/**
 * Whether a command is covered by the user's list. An entry covers itself and, as a prefix that ends where a word
 * ends, the same command with more arguments: `npm test` covers `npm test -- --watch` and not `npm test-all`. A
 * command in which the shell would start, chain or redirect something is covered only where it is listed as it stands.
 */
export function isAllowedCommand(command: string, allowed: readonly string[]): boolean {
  const wanted = command.trim();
  return allowed.some((entry) => {
    // `npm run *` says the same as `npm run`.
    const listed = entry.trim().replace(/\s+\*$/, '');
    if (listed === '' || listed === '*') return false;
    if (wanted === listed || wanted === entry.trim()) return true;
    return !SHELL_OPERATORS.test(wanted) && wanted.startsWith(listed) && /^[ \t]/.test(wanted.slice(listed.length));
  });
}

// cmd.exe has two more that let a text stand for another.
const SHELL_OPERATORS = process.platform === 'win32' ? /[;&|<>`\n\r^%]|\$[({[]/ : /[;&|<>`\n\r]|\$[({[]/;
