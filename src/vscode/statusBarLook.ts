import type { ActivityCounts } from './activity';
import { plural } from './figures';

export interface StatusBarLook {
  readonly text: string;
  readonly tooltip: string;
  /** Someone waits for the user. */
  readonly warning: boolean;
}

/** Quiet while nothing goes on; what waits for the user comes first. */
export function statusBarLook({ running, queued, approvals, paused }: ActivityCounts): StatusBarLook {
  const parts = [
    approvals > 0 ? `${plural(approvals, 'approval')} waiting for you` : '',
    running > 0 ? `${plural(running, 'delegation')} running` : '',
    queued > 0 ? `${queued} queued` : '',
    paused ? 'paused' : '',
  ].filter((part) => part !== '');
  const tooltip = `Fanout: ${parts.length === 0 ? 'nothing is running' : parts.join(', ')}`;
  return { text: textOf({ running, queued, approvals, paused }), tooltip, warning: approvals > 0 };
}

function textOf({ running, queued, approvals, paused }: ActivityCounts): string {
  const texts = [
    approvals > 0 ? `$(shield) ${approvals}` : '',
    paused ? '$(debug-pause)' : '',
    running > 0 ? `$(sync~spin) ${running}` : '',
    queued > 0 ? `$(circle-outline) ${queued}` : '',
  ].filter((text) => text !== '');
  return texts.length === 0 ? '$(type-hierarchy-sub) Fanout' : texts.join(' ');
}
