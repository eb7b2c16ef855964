/** The pictures of VS Code's own icon font that the view uses. */
export const ICONS = [
  'add',
  'arrow-down',
  'check',
  'chevron-down',
  'chevron-right',
  'circle-slash',
  'close',
  'comment',
  'copy',
  'debug-pause',
  'debug-restart',
  'stop-circle',
  'edit',
  'error',
  'file',
  'globe',
  'history',
  'inbox',
  'info',
  'list-tree',
  'loading',
  'output',
  'pass',
  'play',
  'question',
  'refresh',
  'run-all',
  'search',
  'send',
  'shield',
  'terminal',
  'thinking',
  'tools',
  'trash',
  'type-hierarchy-sub',
  'warning',
  'clockface',
] as const;

export type IconName = (typeof ICONS)[number];

const TOOL_ICONS: readonly (readonly [RegExp, IconName])[] = [
  [/delegat|agent/, 'type-hierarchy-sub'],
  [/command|shell|bash|terminal|exec/, 'terminal'],
  [/edit|write|create|patch|delete|replace/, 'edit'],
  [/search|grep|find|glob/, 'search'],
  [/list|tree|dir/, 'list-tree'],
  [/fetch|web|http/, 'globe'],
  [/read|file|open/, 'file'],
];

/** A picture for a tool, guessed from its name: tools of other servers have any name. */
export function toolIcon(name: string): IconName {
  return TOOL_ICONS.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1] ?? 'tools';
}
