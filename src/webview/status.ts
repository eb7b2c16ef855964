import type { ChatItem, DelegationView, ViewStatus } from '../protocol';
import type { IconName } from './icons';

export interface Look {
  readonly icon: IconName;
  readonly label: string;
}

const STATUS_LOOKS: Readonly<Record<ViewStatus, Look>> = {
  queued: { icon: 'clockface', label: 'queued' },
  running: { icon: 'loading', label: 'running' },
  completed: { icon: 'pass', label: 'completed' },
  failed: { icon: 'error', label: 'failed' },
  interrupted: { icon: 'circle-slash', label: 'interrupted' },
  stalled: { icon: 'warning', label: 'stalled' },
  unknown: { icon: 'question', label: 'unknown' },
};

export function lookOf(status: ViewStatus): Look {
  return STATUS_LOOKS[status];
}

/** How a delegation looks: one that is over though some of its tasks are not done is no plain success. */
export function lookOfDelegation({ status, shortfall }: Pick<DelegationView, 'status' | 'shortfall'>): Look {
  const look = lookOf(status);
  if (shortfall === undefined) return look;
  return { icon: status === 'completed' ? 'warning' : look.icon, label: shortfall };
}

/** It has ended, however it ended. */
export function isOver(status: ViewStatus): boolean {
  return status !== 'queued' && status !== 'running';
}

type ToolState = Extract<ChatItem, { kind: 'tool' }>['status'];

const TOOL_LOOKS: Readonly<Record<ToolState, Look>> = {
  running: { icon: 'loading', label: 'running' },
  waiting: { icon: 'shield', label: 'waits for approval' },
  ok: { icon: 'check', label: 'done' },
  error: { icon: 'error', label: 'failed' },
  denied: { icon: 'circle-slash', label: 'denied' },
  interrupted: { icon: 'circle-slash', label: 'interrupted' },
};

export function toolLookOf(status: ToolState): Look {
  return TOOL_LOOKS[status];
}
