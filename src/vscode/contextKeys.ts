import * as vscode from 'vscode';
import type { Disposable, Event } from '../util/emitter';
import type { Activity } from './activity';
import { CONTEXT_KEYS } from './contributions';

export interface ContextKeyPorts {
  readonly activity: Activity;
  /** Whether nothing but the built-in model answers. */
  readonly isOffline: () => boolean;
  readonly onDidChangeModels: Event<void>;
  readonly onError: (message: string, error: unknown) => void;
}

/** Keeps what `when` clauses ask for up to date. */
export function keepContextKeys({ activity, isOffline, onDidChangeModels, onError }: ContextKeyPorts): Disposable {
  const showModels = () => setContextKey('offline', isOffline(), onError);
  const showActivity = () => {
    const { running, queued, paused } = activity.counts;
    setContextKey('active', running + queued > 0, onError);
    setContextKey('paused', paused, onError);
  };
  showModels();
  showActivity();
  const subscriptions = [onDidChangeModels(showModels), activity.onDidChange(showActivity)];
  return { dispose: () => subscriptions.forEach((subscription) => subscription.dispose()) };
}

/** A key is never worth a failure: what goes wrong is told to `onError`. */
export function setContextKey(
  key: keyof typeof CONTEXT_KEYS,
  value: boolean | string | undefined,
  onError: (message: string, error: unknown) => void,
): void {
  vscode.commands
    .executeCommand('setContext', CONTEXT_KEYS[key], value)
    .then(undefined, (error: unknown) => onError(`Could not set the context key ${key}`, error));
}
