import * as vscode from 'vscode';
import type { Engine } from '../engine';
import type { ChatBridge } from './chatBridge';
import type { ChatPanel } from './chatPanel';
import type { ChatPort, SessionPort } from './commandPorts';
import { VIEWS } from './contributions';
import type { DelegationTree } from './delegationTree';
import type { TreePort } from './commandPorts';

/** The conversations, as commands see them. */
export function sessionPort(engine: Engine, bridge: ChatBridge): SessionPort {
  const { sessions } = engine;
  return {
    front: () => sessions.front(),
    newSession: () => bridge.show(sessions.create()),
    stopTurn: () => sessions.front().stop(),
    delegate(tasks, context) {
      const input = { tasks: tasks.map((goal) => ({ goal })), context };
      const call = { sessionId: sessions.own().id, origin: 'user', wait: 'background' } as const;
      const dispatched = engine.delegate(input, call, NEVER);
      return Promise.resolve(
        dispatched.kind === 'refused' ? { error: dispatched.error } : { id: dispatched.delegation.id },
      );
    },
    deliverHere: (delegationId) => engine.completions.readdress(delegationId, sessions.own().id),
  };
}

export function chatPort(panel: ChatPanel, bridge: ChatBridge): ChatPort {
  return {
    async open() {
      await panel.open();
      bridge.broadcast({ type: 'focus' });
    },
    openInEditor: () => panel.openInEditor(),
    async insert(text) {
      await panel.open();
      bridge.broadcast({ type: 'insert', text });
    },
    reveal: (delegationId) => bridge.broadcast({ type: 'reveal', delegationId }),
  };
}

export function treePort(tree: DelegationTree): TreePort {
  return {
    get selected() {
      return tree.selected;
    },
    rowOf: (id) => tree.rowOf(id),
    reveal: (id, options) => tree.reveal(id, options),
    focus: async () => vscode.commands.executeCommand(`${VIEWS.delegations}.focus`),
  };
}

const NEVER = new AbortController().signal;
