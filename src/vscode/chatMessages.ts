import type { ToHost, ToView } from '../protocol';
import type { Session } from '../session/session';
import { runSlashCommand, SLASH_COMMANDS } from '../session/slashCommands';
import { assertNever } from '../util/assertNever';
import type { ChatPorts } from './chatPorts';

/** The connection that a message came by. */
export interface ChatTarget {
  readonly session: Session;
  ready(sessionId: string | undefined): void;
  show(session: Session): void;
  showAgents(): void;
  showError(message: string): void;
  sendOlder(beforeId: string): void;
  reload(): void;
  report(fault: string): void;
  post(message: Exclude<ToView, { seq: number }>): void;
}

/** Does what the view asks for. May throw: the connection answers with the error. */
export async function receive(message: ToHost, connection: ChatTarget, ports: ChatPorts): Promise<void> {
  const { session } = connection;
  switch (message.type) {
    case 'ready':
      return connection.ready(message.sessionId);
    case 'send':
      return send(message.text, connection, ports);
    case 'stop':
      session.stop();
      return;
    case 'unqueue':
      return session.unqueue(message.index);
    case 'wake':
      return goOn(session, ports);
    case 'newSession':
      return connection.show(ports.sessions.create());
    case 'openSession':
      return connection.show(ports.sessions.bringToFront(message.sessionId));
    case 'deleteSession':
      return ports.sessions.delete(message.sessionId);
    case 'decide':
      if (!ports.approvals.decide(message.approvalId, message.decision, message.reason)) {
        connection.showError('This was decided already, or the agent no longer waits for it.');
      }
      return;
    case 'pickModel':
      return ports.pickModel(session, message.name);
    case 'suggest':
      return suggest(message, connection, ports);
    case 'older':
      return connection.sendOlder(message.beforeId);
    case 'summary':
      return connection.post({ type: 'summary', childId: message.childId, markdown: ports.summaryOf(message.childId) });
    case 'act':
      return ports.act(message.action, message.id, session);
    case 'steer':
      if (!ports.pool.steer(message.childId, message.text))
        connection.showError('This agent is over: it cannot be steered any more.');
      return;
    case 'resume':
      return ports.pool.resume();
    case 'openFile':
      return ports.openFile(message.path, message.line);
    case 'openLink':
      return ports.openLink(message.href);
    case 'notice':
      return message.command === 'retryTurn' ? goOn(session, ports) : ports.runNoticeCommand(message.command);
    case 'fault':
      return connection.report(message.text);
    case 'reload':
      return connection.reload();
    default:
      return assertNever(message);
  }
}

async function send(text: string, connection: ChatTarget, ports: ChatPorts): Promise<void> {
  if (text.trim() === '') return;
  const { session } = connection;
  const wasCommand = await runSlashCommand(text, {
    stopAll: () => {
      // Asked first: the end of a delegation starts a turn, which was not running.
      const turn = session.state === 'running';
      // Delegations first: those that run inline end with the turn, and would not be counted.
      const delegations = ports.pool.cancelAll(session.id);
      session.halt();
      return { turn, delegations };
    },
    stopOne: (id) => ports.pool.cancel(id),
    showAgents: () => connection.showAgents(),
    newSession: () => connection.show(ports.sessions.create()),
    pause: () => ports.pool.pause(),
    resume: () => ports.pool.resume(),
    chooseModel: (name) => ports.chooseModel(session, name),
    tell: (level, told) => connection.session.note({ role: 'notice', level, text: told }),
  });
  if (wasCommand) return;
  mustBeTrusted(ports);
  session.send(text);
}

function goOn(session: Session, ports: ChatPorts): void {
  mustBeTrusted(ports);
  session.goOn();
}

function mustBeTrusted({ isTrusted }: ChatPorts): void {
  if (isTrusted()) return;
  throw new Error(
    'This workspace is not trusted, so no agent runs in it. Trust it first (Workspaces: Manage Workspace Trust).',
  );
}

async function suggest(
  { requestId, kind, query }: Extract<ToHost, { type: 'suggest' }>,
  connection: ChatTarget,
  ports: ChatPorts,
): Promise<void> {
  const suggestions =
    kind === 'command'
      ? SLASH_COMMANDS.filter(({ name }) => name.startsWith(query)).map(({ name, argument, does }) => ({
          insert: `/${name}`,
          label: [`/${name}`, argument].filter(Boolean).join(' '),
          detail: does,
        }))
      : (await ports.findFiles(query)).map((path) => ({ insert: `@${path}`, label: path, detail: '' }));
  connection.post({ type: 'suggestions', requestId, suggestions });
}
