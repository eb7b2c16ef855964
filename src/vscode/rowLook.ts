import type { Status } from '../delegation/delegation';

/** A codicon and the theme color that it is drawn in. */
export interface RowIcon {
  readonly id: string;
  readonly color?: string;
}

const ICONS: Readonly<Record<Status, RowIcon>> = {
  queued: { id: 'circle-outline' },
  running: { id: 'sync~spin', color: 'charts.blue' },
  completed: { id: 'pass', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  interrupted: { id: 'circle-slash', color: 'disabledForeground' },
  stalled: { id: 'watch', color: 'problemsWarningIcon.foreground' },
  unknown: { id: 'question', color: 'problemsWarningIcon.foreground' },
};

const PARTLY: RowIcon = { id: 'warning', color: 'problemsWarningIcon.foreground' };

/** `isPartly`: it is over, and some of its tasks are not done. */
export function iconOf(status: Status, approvals: number, isPartly = false): RowIcon {
  if (status === 'completed' && isPartly) return PARTLY;
  return approvals > 0 ? { id: 'shield', color: 'notificationsWarningIcon.foreground' } : ICONS[status];
}
