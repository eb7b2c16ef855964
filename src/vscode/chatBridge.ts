import type { ToView } from '../protocol';
import type { Session } from '../session/session';
import type { ChatView } from './chatConnection';
import { ChatConnection } from './chatConnection';
import type { ChatPorts } from './chatPorts';

/** A webview's end of the bridge. */
export interface ChatEnd {
  receive(message: unknown): Promise<void>;
  setVisible(visible: boolean): void;
  dispose(): void;
}

/** Joins the chat's webviews (side bar, editor area) to the sessions. */
export class ChatBridge {
  readonly #ports: ChatPorts;
  readonly #connections = new Set<ChatConnection>();

  constructor(ports: ChatPorts) {
    this.#ports = ports;
  }

  connect(view: ChatView): ChatEnd {
    const connection = new ChatConnection(view, this.#ports);
    this.#connections.add(connection);
    return {
      receive: (message) => connection.receive(message),
      setVisible: (visible) => connection.setVisible(visible),
      dispose: () => {
        this.#connections.delete(connection);
        connection.dispose();
      },
    };
  }

  /** Shows a session in every view. */
  show(session: Session): void {
    for (const connection of this.#connections) connection.show(session);
  }

  /** Whether the user can see the session in one of the views. */
  shows(sessionId: string): boolean {
    return [...this.#connections].some((connection) => connection.shows(sessionId));
  }

  /** Lists the agents in every view, as `/agents` does. */
  showAgents(): void {
    for (const connection of this.#connections) connection.showAgents();
  }

  broadcast(message: Exclude<ToView, { seq: number }>): void {
    for (const connection of this.#connections) connection.post(message);
  }
}
