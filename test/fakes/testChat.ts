import type { ToHost } from '../../src/protocol';
import { ChatBridge, type ChatEnd } from '../../src/vscode/chatBridge';
import type { ChatPorts } from '../../src/vscode/chatPorts';
import { summaryOf } from '../../src/delegation/result';
import { Emitter } from '../../src/util/emitter';
import { FakePort } from './port';
import type { TestEngine } from './testEngine';

/** Milliseconds after which all that was gathered is on its way. */
const SENT_WITHIN = 50;

/** A chat view on the engine of a test, by way of the real bridge. */
export class TestChat {
  readonly port = new FakePort();
  readonly bridge: ChatBridge;
  readonly end: ChatEnd;
  readonly modelsChanged = new Emitter<void>();
  readonly trustChanged = new Emitter<void>();
  /** What was asked of VS Code. */
  readonly asked: string[] = [];
  trusted = true;
  readonly #fanout: TestEngine;

  constructor(fanout: TestEngine) {
    this.#fanout = fanout;
    this.bridge = new ChatBridge(this.ports());
    this.end = this.bridge.connect(this.port);
  }

  /** A view that is up. */
  static async open(fanout: TestEngine): Promise<TestChat> {
    const chat = new TestChat(fanout);
    await chat.send({ type: 'ready' });
    return chat;
  }

  send(message: ToHost): Promise<void> {
    return this.end.receive(message);
  }

  type(text: string): Promise<void> {
    return this.send({ type: 'send', text });
  }

  /** What a person sees once all that was gathered has been sent. */
  look() {
    this.#fanout.clock.advance(SENT_WITHIN);
    return this.port.state;
  }

  /** What a person reads in the conversation. */
  read(): readonly string[] {
    this.look();
    return this.port.lines;
  }

  /** What another view, opened now, shows of the same session. */
  async readAfresh(): Promise<readonly string[]> {
    const other = new FakePort();
    const end = this.bridge.connect(other);
    await end.receive({ type: 'ready', sessionId: this.port.state.session?.id });
    end.dispose();
    return other.lines;
  }

  /** What the bridge asks of everything else. */
  ports(): ChatPorts {
    const { engine, clock, model } = this.#fanout;
    const ask = (what: string) => {
      this.asked.push(what);
      return Promise.resolve();
    };
    return {
      sessions: engine.sessions,
      pool: engine.pool,
      approvals: engine.approvals,
      clock,
      written: () => engine.written(),
      isTrusted: () => this.trusted,
      onDidChangeTrust: this.trustChanged.event,
      models: () => Promise.resolve([{ name: model.name, label: 'Scripted', detail: '' }]),
      onDidChangeModels: this.modelsChanged.event,
      modelOf: (choice) => ({ model: choice || 'auto', label: choice || 'Auto' }),
      pickModel: async (session, name) => session.chooseModel(name),
      chooseModel: (session, name) => {
        if (name !== model.name) return Promise.reject(new Error(`There is no model ${name}.`));
        session.chooseModel(name);
        return Promise.resolve(name);
      },
      targetOf: (call) => engine.targetOf(call),
      summaryOf: (childId) => {
        const child = engine.pool.child(childId)?.child;
        return child === undefined ? '' : summaryOf(child);
      },
      findFiles: (query) => Promise.resolve([`src/${query}.ts`]),
      act: (action, id) => ask(`${action} ${id}`),
      openFile: (path, line) => ask(`open ${path}:${line ?? ''}`),
      openLink: (href) => ask(`open ${href}`),
      runNoticeCommand: (command) => ask(command),
    };
  }
}
