/** Takes quotes of any kind off a text. */
export function unquote(text: string): string {
  const trimmed = text.trim();
  return /^(["'`])([^]*)\1$/.exec(trimmed)?.[2] ?? /^“([^]*)”$/.exec(trimmed)?.[1] ?? trimmed;
}

const PATHS =
  /`([^`\s]+)`|"([^"\s]+)"|((?:[\w@.-]+\/)+[\w@.-]*|[\w@-][\w@.-]*\.[a-z]\w{0,9}\b|\.\w[\w.]+|\b(?:README|LICENSE|CHANGELOG|AGENTS|Makefile|Dockerfile)\b)/g;

/** What looks like a file or a folder (`src/`) in a sentence, each once. */
export function pathsIn(text: string): string[] {
  const paths = [...text.matchAll(PATHS)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  return [...new Set(paths.map((path) => path.replace(/[.,:]+$/, '')))].filter((path) => path !== '');
}

/** `README` is said where `README.md` is meant. */
export function expandName(path: string): string {
  return /^(README|CHANGELOG|AGENTS)$/.test(path) ? `${path}.md` : path;
}
