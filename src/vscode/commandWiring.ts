import * as vscode from 'vscode';
import type { Engine } from '../engine';
import { jsonOf } from '../session/exportJson';
import { markdownOf } from '../session/exportMarkdown';
import type { ExportFormat, ExportSource } from '../session/exportSession';
import { exportParts } from '../session/exportSession';
import type { ChatBridge } from './chatBridge';
import type { ChatPanel } from './chatPanel';
import type { ChatPort, SessionPort } from './commandPorts';
import { VIEWS } from './contributions';
import type { DelegationTree } from './delegationTree';
import type { TreePort } from './commandPorts';

/** The conversations, as commands see them. */
export function sessionPort(engine: Engine, bridge: ChatBridge, mask: (text: string) => string): SessionPort {
  const { sessions } = engine;
  return {
    front() {
      return { isEmpty: (sessions.last?.entries.length ?? 0) === 0 };
    },
    show(sessionId) {
      if (!sessions.has(sessionId)) return false;
      bridge.show(sessions.bringToFront(sessionId));
      return true;
    },
    search: (text) => engine.search.find(text, MAX_HITS),
    export: (format) => exported(engine, format, mask),
    newSession: () => bridge.show(sessions.create()),
    stopTurn: () => sessions.last?.stop() ?? false,
    moveToBackground: () => (sessions.last === undefined ? 0 : engine.pool.detachAll(sessions.last.id)),
    runningTurns: () => sessions.running,
    halt: () => sessions.halt(),
    addressee: (sessionId) => sessions.addressee(sessionId),
    delegate(tasks, context) {
      const input = { tasks: tasks.map((goal) => ({ goal })), context };
      const call = { sessionId: sessions.own().id, origin: 'user', wait: 'background' } as const;
      const dispatched = engine.delegate(input, call, NEVER);
      return Promise.resolve(
        dispatched.kind === 'refused' ? { error: dispatched.error } : { id: dispatched.delegation.id },
      );
    },
    resumeWork: (delegationId) => engine.resumeWork(delegationId),
    deliverHere: (delegationId) => engine.completions.readdress(delegationId, sessions.own().id),
  };
}

/** The session in front with all that it delegated. */
function exported({ sessions, pool, transcripts }: Engine, format: ExportFormat, mask: (text: string) => string) {
  const { id, record, entries } = sessions.last ?? sessions.front();
  const source: ExportSource = {
    record,
    entries,
    delegations: pool.list().filter(({ sessionId }) => sessionId === id),
    transcriptOf: (childId) => (format === 'json' ? transcripts.load(childId) : []),
    mask,
    now: Date.now(),
  };
  const parts = exportParts(source);
  return { title: record.title, pieces: format === 'json' ? jsonOf(parts) : markdownOf(parts) };
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
    reveal: (place) => bridge.broadcast({ type: 'reveal', place }),
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

/** More than anybody looks through. */
const MAX_HITS = 50;

const NEVER = new AbortController().signal;
