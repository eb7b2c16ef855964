import { readTasks } from './delegating';
import {
  reportCommand,
  reportDelegation,
  reportEdit,
  reportFiles,
  reportListing,
  reportProblems,
  reportSearch,
  reportTodos,
} from './reports';
import { expandName, pathsIn, unquote } from './paths';
import type { CallOutcome, OfflineCall } from './turn';

/** How a request is done: calls, wave after wave, each made once the one before succeeded; then a report. */
export interface Plan {
  readonly waves: readonly (readonly OfflineCall[])[];
  readonly report: (outcomes: readonly CallOutcome[]) => string;
}

type Planner = (match: Record<string, string>) => Plan | undefined;

/** The requests that the offline model understands, the first that fits wins. */
const REQUESTS: readonly (readonly [RegExp, Planner])[] = [
  [/^(?:delegate|dispatch)\b(?<rest>.+)$/is, planDelegation],
  [/^run (?:the command )?(?:`(?<quoted>[^`]+)`|:?\s*(?<plain>.+))$/is, planCommand],
  [
    /^replace (?<from>"[^"]+"|“[^”]+”|`[^`]+`|'[^']+') (?:with|by) (?<to>"[^"]*"|“[^”]*”|`[^`]*`|'[^']*') in (?<path>\S+)$/is,
    planReplacement,
  ],
  [
    /^(?:write|put|save) (?<text>"[^"]*"|“[^”]*”|`[^`]*`|'[^']*') (?:in)?to (?:the |a )?(?:new )?(?:file )?(?<path>\S+)$/is,
    planWriting,
  ],
  [
    /^(?:show|list|get|check|report)(?: me)?(?: all)?(?: the| any)? (?:problems|diagnostics|errors and warnings)(?: (?:in|of) (?<path>\S+))?$/i,
    planProblems,
  ],
  [
    /^(?:count|list|find|show|how many)\b.*\btodos?\b(?: comments?)?(?:.*?\b(?:in|under|below) (?<path>\S+))?.*$/i,
    planTodos,
  ],
  [
    /^(?:list|find|show|count)(?: me)?(?: all)?(?: the)? tests?(?: files)?(?: (?:in|under|below|of) (?<path>\S+))?$/i,
    planTests,
  ],
  [
    /^find (?:all |the )*files?(?: (?:named|called|matching|like))? (?<pattern>\S+)(?: (?:in|under|below) (?<path>\S+))?$/i,
    planFinding,
  ],
  [
    /^(?:list|ls|show(?=.* (?:files|folders?|contents?)\b))(?: me)?(?: all)?(?: the)?(?: files| folders?| contents?| entries| everything)*(?: (?:in|of|under|below|at))?(?: the)?(?: (?<path>workspace|project|folder|repository|[\w@./-]*\/[\w-]*|\.|[\w-]+))?$/i,
    planListing,
  ],
  [
    /^(?:search|grep|find|look(?= for))(?: (?:all|the|code|files|workspace|project|uses|usages|mentions|occurrences|of))*(?: for)? (?<what>".+?"|“.+?”|`.+?`|'.+?'|.+?)(?: (?:in|under|within|below) (?:the )?(?<path>\S+))?$/is,
    planSearch,
  ],
  [/^where (?:is|are) (?:the )?(?<what>.+?)(?: (?:used|defined|mentioned|called|declared))?$/is, planSearch],
  [
    /^(?:read|open|show|view|cat|print|summari[sz]e|describe|explain|review|look (?:at|into)|inspect|analy[sz]e|check|report|count|list|name|tell me|what)\b(?<rest>.+)$/is,
    planReading,
  ],
  [
    /^(?:say|reply with|answer with|echo) (?<text>.+)$/is,
    ({ text = '' }) => ({ waves: [], report: () => unquote(text) }),
  ],
];

const COURTESY = /^(?:please|can you|could you|would you|now|then|hey|hi|ok|okay|and)\b[,:]?\s+/i;

/** Undefined where the request is not understood. */
export function planFor(request: string): Plan | undefined {
  // A child's context follows its goal; steering comes under a heading in brackets.
  let text = (request.split('\n\nContext:\n')[0] ?? '').replace(/^\[[^\]]*\]\n/, '').trim();
  while (COURTESY.test(text)) text = text.replace(COURTESY, '');
  text = text.replace(/[?!\s]+$/, '').replace(/(?<=[\w"”'`)])\.$/, '');
  for (const [pattern, planner] of REQUESTS) {
    const match = pattern.exec(text);
    const plan = match === null ? undefined : planner({ ...match.groups });
    if (plan !== undefined) return plan;
  }
  return undefined;
}

function planDelegation({ rest = '' }: Record<string, string>): Plan | undefined {
  const tasks = readTasks(rest);
  const [only] = tasks;
  if (only === undefined) return undefined;
  const input = tasks.length === 1 ? { ...only } : { tasks };
  return { waves: [[{ tool: 'delegate_task', input }]], report: reportDelegation };
}

function planCommand({ quoted, plain = '' }: Record<string, string>): Plan {
  return single('run_command', { command: (quoted ?? unquote(plain)).trim() }, reportCommand);
}

/** An edit is refused for a file that was not read before. */
function planReplacement({ from = '', to = '', path = '' }: Record<string, string>): Plan {
  const file = unquote(path);
  const edits = [{ search: unquote(from), replace: unquote(to) }];
  return {
    waves: [[{ tool: 'read_file', input: { path: file } }], [{ tool: 'edit_file', input: { path: file, edits } }]],
    report: reportEdit,
  };
}

function planWriting({ text = '', path = '' }: Record<string, string>): Plan {
  return single('write_file', { path: unquote(path), content: unquote(text) }, reportEdit);
}

function planProblems({ path }: Record<string, string>): Plan {
  return single('get_problems', within(path), reportProblems);
}

function planTodos({ path }: Record<string, string>): Plan {
  return single('search_text', { pattern: 'TODO', ...within(path), caseSensitive: true }, reportTodos);
}

function planTests({ path }: Record<string, string>): Plan {
  return single('find_files', { pattern: '**/*{.,_,-}{test,spec}.*', ...within(path) }, reportListing);
}

function planFinding({ pattern = '', path }: Record<string, string>): Plan {
  const name = unquote(pattern);
  return single('find_files', { pattern: /[*?{]/.test(name) ? name : `**/*${name}*`, ...within(path) }, reportListing);
}

function planListing({ path }: Record<string, string>): Plan | undefined {
  return single('list_files', within(path), reportListing);
}

function planSearch({ what = '', path }: Record<string, string>): Plan {
  return single('search_text', { pattern: unquote(what), ...within(path) }, reportSearch);
}

function planReading({ rest = '' }: Record<string, string>): Plan | undefined {
  const range = /\blines? (?<first>\d+)(?:(?: ?- ?| to )(?<last>\d+))?/i.exec(rest)?.groups;
  const lines =
    range?.['first'] === undefined
      ? {}
      : { startLine: Number(range['first']), endLine: Number(range['last'] ?? range['first']) };
  const calls = pathsIn(rest).map((path) =>
    path.endsWith('/')
      ? { tool: 'list_files', input: { path } }
      : { tool: 'read_file', input: { path: expandName(path), ...lines } },
  );
  return calls.length === 0 ? undefined : { waves: [calls], report: reportFiles };
}

function single(tool: string, input: OfflineCall['input'], report: Plan['report']): Plan {
  return { waves: [[{ tool, input }]], report };
}

/** The whole workspace is meant where no path is named. */
function within(path: string | undefined): { readonly path?: string } {
  const name = unquote(path ?? '');
  return /^(|workspace|project|folder|repository|code|\.|\.\/)$/i.test(name) ? {} : { path: name };
}
