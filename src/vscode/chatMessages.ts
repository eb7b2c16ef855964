import type { ToHost, ToView } from '../protocol';
import type { Session } from '../session/session';
import { isSlashCommand, runSlashCommand, SLASH_COMMANDS } from '../session/slashCommands';
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
      return send(message.text, message.typedId, connection, ports);
    case 'sendAgain':
      return sendAgain(message, connection, ports);
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
      if (!ports.approvals.decide(message.approvalId, message.decision, message.reason))
        throw new Error('This was decided already, or the agent no longer waits for it.');
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
        throw new Error('This agent is over: it cannot be steered any more.');
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

async function send(
  text: string,
  typedId: string | undefined,
  connection: ChatTarget,
  ports: ChatPorts,
): Promise<void> {
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
  session.send(text, typedId);
}

/**
 * An earlier host may have taken it, or have died before. A message that is in its session is not sent twice; one that is
 * not goes there, and nowhere else. A command, or a word to an agent that was cut off with the host, is never repeated.
 */
function sendAgain(again: Extract<ToHost, { type: 'sendAgain' }>, { session }: ChatTarget, ports: ChatPorts): void {
  const { typedId, kind, text, sessionId } = again;
  const addressee = sessionId === undefined ? undefined : ports.sessions.get(sessionId);
  if (session.holds(typedId) || addressee?.holds(typedId) === true) return;
  // A session in which nothing was said yet is not stored: another empty one is as good.
  const isSame = addressee === session || (addressee === undefined && session.entries.length === 0);
  if (kind !== 'message' || isSlashCommand(text) || !isSame) throw new Error(NOT_TAKEN);
  mustBeTrusted(ports);
  session.send(text, typedId);
}

/** What was typed is back in the message box: why. */
export const NOT_TAKEN =
  'Fanout was restarted before it could confirm what you sent last. It is in the message box again: send it if it had no effect.';

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
