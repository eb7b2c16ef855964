import { maskSecrets } from '../models/mask';

/** What went on, for the channel "Fanout" of the Output view. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  /** What an error says, its stack and its causes stand below the message. */
  error(message: string, error?: unknown): void;
  show(): void;
}

/** The part of VS Code's LogOutputChannel that a log needs. */
export interface LogChannel {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  show(preserveFocus?: boolean): void;
}

/** A log in which no secret ever stands: the known ones, and what looks like a key, are masked (SPEC 7.3). */
export function createLog(channel: LogChannel, secrets: () => readonly string[]): Log {
  const mask = (text: string) => maskSecrets(text, secrets());
  return {
    debug: (message) => channel.debug(mask(message)),
    info: (message) => channel.info(mask(message)),
    warn: (message) => channel.warn(mask(message)),
    error: (message, error) =>
      channel.error(mask(error === undefined ? message : `${message}: ${describeError(error)}`)),
    show: () => channel.show(),
  };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\nCaused by: ${describeError(error.cause)}`;
}
