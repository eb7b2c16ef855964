import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { ModelServer } from '../fakes/modelServer';
import type { ModelRequest, Reply } from '../fakes/modelServerWords';
import type { Exchange, Load, Template, Timeline } from './exchanges';
import { answerTo, readPurpose } from './script';

/** What the parent process asks the server for. */
export type ServerOrder =
  /** Forget what was, and serve this load from now on. */
  | { readonly type: 'begin'; readonly load: Load }
  /** Answered with a {@link Timeline}. */
  | { readonly type: 'tell' };

/** The model server, in a process of its own so that its work is not counted as the client's. Resolves to its address. */
export async function runServer(): Promise<string> {
  let load: Load = { children: 0, steps: 0, latencyMs: 0, warm: false };
  let exchanges: Promise<Exchange>[] = [];
  let template: Partial<Record<'parent' | 'child', string>> = {};

  const script = async (request: ModelRequest): Promise<Reply> => {
    const arrivedAt = performance.now();
    const { purpose, part } = readPurpose(request);
    const answered = request.ended.then(() => performance.now());
    exchanges.push(answered.then((answeredAt) => ({ purpose, part, arrivedAt, answeredAt, bytes: request.bytes })));
    if (purpose === 'fan-out') template.parent = JSON.stringify(request.raw);
    if (purpose === 'step' && part === 1) template.child ??= JSON.stringify(request.raw);
    await delay(load.latencyMs);
    return answerTo(request, load);
  };

  const server = await ModelServer.start(script);
  process.on('message', (order: ServerOrder) => {
    if (order.type === 'begin') {
      load = order.load;
      exchanges = [];
      template = {};
      server.requests.length = 0;
      return;
    }
    const { parent, child } = template;
    const whole: Template | undefined = parent === undefined || child === undefined ? undefined : { parent, child };
    Promise.all(exchanges).then(
      (all) => process.send?.({ exchanges: all, template: whole } satisfies Timeline),
      (error: unknown) => console.error(error),
    );
  });
  process.once('disconnect', () => process.exit());
  return server.url;
}
