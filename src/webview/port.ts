import type { ToHost, ToView } from '../protocol';

/** The way to the extension host, and the little memory that survives hiding and reloading the view. */
export interface Port {
  post(message: ToHost): void;
  listen(listener: (message: ToView) => void): void;
  /** Whatever `remember` was last given, in this or an earlier life of the view. */
  recall(): unknown;
  remember(memory: unknown): void;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** To be called once: VS Code hands out its API a single time. */
export function connectToHost(): Port {
  const api = acquireVsCodeApi();
  return {
    post: (message) => api.postMessage(message),
    listen: (listener) => window.addEventListener('message', (event: MessageEvent<ToView>) => listener(event.data)),
    recall: () => api.getState(),
    remember: (memory) => api.setState(memory),
  };
}
