import picomatch from 'picomatch';

/**
 * A test for the shown path of a file below a shown starting folder: the glob may be relative to either. As in
 * .gitignore files, a glob without a slash looks at the file's name in whichever folder it is: `*.ts` finds
 * `src/a.ts`. Names that start with a dot match too.
 */
export function globMatcher(glob: string): (shown: string, start: string) => boolean {
  const trimmed = glob.trim().replace(/^(\.?\/)+/, '');
  const anywhere = trimmed.includes('/') ? trimmed : `**/${trimmed}`;
  // `src/` means what is in it.
  const whole = anywhere.endsWith('/') ? `${anywhere}**` : anywhere;
  const nocase = process.platform === 'win32' || process.platform === 'darwin';
  const matches = picomatch(whole, { dot: true, nocase });
  return (shown, start) => matches(shown) || (shown.startsWith(`${start}/`) && matches(shown.slice(start.length + 1)));
}
