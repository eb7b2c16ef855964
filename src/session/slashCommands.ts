/** What the slash commands act on; each answers with what the user is told. */
export interface SlashPorts {
  /** Interrupts the turn and every queued or running delegation of the session. */
  readonly stopAll: () => { readonly turn: boolean; readonly delegations: number };
  /** Returns false where the delegation or child is unknown or over. */
  readonly stopOne: (id: string) => boolean;
  readonly showAgents: () => void;
  readonly newSession: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Chooses the model of this session; without a name, lets the user pick. Rejects where there is no such model. */
  readonly chooseModel: (name: string) => Promise<string | undefined>;
  readonly tell: (level: 'info' | 'warning', text: string) => void;
}

interface SlashCommand {
  readonly name: string;
  readonly argument?: string;
  readonly does: string;
  readonly run: (argument: string, ports: SlashPorts) => void | Promise<void>;
}

export const SLASH_COMMANDS: readonly SlashCommand[] = [
  { name: 'agents', does: 'List every delegation and agent with its state', run: (_, ports) => ports.showAgents() },
  {
    name: 'stop',
    argument: '[deleg_…]',
    does: 'Interrupt this turn and every delegation of this session, or one of them',
    run: stop,
  },
  { name: 'new', does: 'Begin a new session; delegations go on', run: (_, ports) => ports.newSession() },
  { name: 'model', argument: '[name]', does: 'Choose the model of this session', run: model },
  {
    name: 'pause',
    does: 'Start no new delegations; running ones go on',
    run: (_, ports) => {
      ports.pause();
      ports.tell('info', 'Paused: new delegations are refused until /resume. Running ones go on.');
    },
  },
  {
    name: 'resume',
    does: 'Accept new delegations again',
    run: (_, ports) => {
      ports.resume();
      ports.tell('info', 'Resumed: new delegations are accepted again.');
    },
  },
  { name: 'help', does: 'List these commands', run: (_, ports) => ports.tell('info', help()) },
];

const COMMAND = /^\/([a-z]+)(?:\s+([\s\S]*))?$/;

/** Whether {@link runSlashCommand} takes it for a command. */
export function isSlashCommand(text: string): boolean {
  return COMMAND.test(text.trim());
}

/**
 * Runs what begins with a slash and a known word. Returns false where the text is no command: a path like
 * `/etc/hosts` goes to the agent.
 */
export async function runSlashCommand(text: string, ports: SlashPorts): Promise<boolean> {
  const [, word = '', argument = ''] = COMMAND.exec(text.trim()) ?? [];
  if (word === '') return false;
  const command = SLASH_COMMANDS.find(({ name }) => name === word);
  if (command === undefined) ports.tell('warning', `There is no command /${word}. ${help()}`);
  else await command.run(argument.trim(), ports);
  return true;
}

function stop(argument: string, ports: SlashPorts): void {
  if (argument !== '') {
    const stopped = ports.stopOne(argument);
    return ports.tell(stopped ? 'info' : 'warning', stopped ? `Stopped ${argument}.` : `${argument} is not running.`);
  }
  const { turn, delegations } = ports.stopAll();
  const counted = delegations === 1 ? '1 delegation' : `${delegations} delegations`;
  if (turn) return ports.tell('info', `Stopped this turn and ${counted}.`);
  ports.tell('info', delegations === 0 ? 'Nothing was running: stopped 0 delegations.' : `Stopped ${counted}.`);
}

async function model(argument: string, ports: SlashPorts): Promise<void> {
  try {
    const chosen = await ports.chooseModel(argument);
    if (chosen !== undefined) ports.tell('info', `This session uses ${chosen} from its next turn on.`);
  } catch (error) {
    ports.tell('warning', error instanceof Error ? error.message : String(error));
  }
}

function help(): string {
  const lines = SLASH_COMMANDS.map(
    ({ name, argument, does }) => `- \`/${[name, argument].filter(Boolean).join(' ')}\` ${does}`,
  );
  return `Commands:\n${lines.join('\n')}`;
}
