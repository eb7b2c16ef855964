import * as z from 'zod';
import { httpFetch } from './httpFetch';

/** A model server that answers on this machine; it speaks OpenAI's chat completions below `baseUrl`. */
export interface LocalServer {
  readonly id: string;
  readonly label: string;
  readonly baseUrl: string;
  readonly models: readonly { readonly id: string; readonly contextWindow?: number }[];
}

/** How one kind of server is recognised: by the shape of what it answers, since a port alone says little. */
export interface LocalServerKind {
  readonly id: string;
  readonly label: string;
  readonly origin: string;
  /** Its models; undefined where the answers are not those of such a server. */
  readonly probe: (get: Get) => Promise<LocalServer['models'] | undefined>;
}

/** The JSON at a path, checked; undefined where there is none or it is of another shape. */
type Get = <Schema extends z.ZodType>(path: string, shape: Schema) => Promise<z.output<Schema> | undefined>;

const OllamaVersion = z.object({ version: z.string() });
const OllamaTags = z.object({ models: z.array(z.object({ name: z.string() })) });
const LmStudioModels = z.object({
  models: z.array(
    z.object({ key: z.string(), type: z.string().optional(), max_context_length: z.number().optional() }),
  ),
});
const LlamaProps = z.object({ default_generation_settings: z.object({ n_ctx: z.number().optional() }) });
const OpenAiModels = z.object({
  object: z.literal('list'),
  data: z.array(z.object({ id: z.string(), max_model_len: z.number().nullish() })),
});

export const LOCAL_SERVERS: readonly LocalServerKind[] = [
  { id: 'ollama', label: 'Ollama', origin: 'http://127.0.0.1:11434', probe: probeOllama },
  { id: 'lmstudio', label: 'LM Studio', origin: 'http://127.0.0.1:1234', probe: probeLmStudio },
  { id: 'llamacpp', label: 'llama.cpp', origin: 'http://127.0.0.1:8080', probe: probeLlama },
  { id: 'vllm', label: 'vLLM', origin: 'http://127.0.0.1:8000', probe: probeOpenAi },
  { id: 'jan', label: 'Jan', origin: 'http://127.0.0.1:1337', probe: probeOpenAi },
];

/** A server that needs longer than this to name its models is not taken by itself. */
const PATIENCE_MS = 600;

/** The servers that answer, in the order of `kinds`, each with at least one model to talk to. */
export async function findLocalServers(kinds: readonly LocalServerKind[] = LOCAL_SERVERS): Promise<LocalServer[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const found = await Promise.all(kinds.map((kind) => examine(kind, signal)));
  return found.filter((server) => server !== undefined);
}

async function examine({ id, label, origin, probe }: LocalServerKind, signal: AbortSignal) {
  const models = await probe((path, shape) => getJson(`${origin}${path}`, shape, signal));
  const talking = models?.filter((model) => !/embed|rerank|whisper/i.test(model.id)) ?? [];
  return talking.length === 0 ? undefined : { id, label, baseUrl: `${origin}/v1`, models: talking };
}

async function getJson<Schema extends z.ZodType>(url: string, shape: Schema, signal: AbortSignal) {
  try {
    const response = await httpFetch(url, { signal });
    if (response.ok) return shape.safeParse(await response.json()).data;
    await response.body?.cancel();
  } catch {
    // Nothing listens there, or something that is no model server.
  }
  return undefined;
}

async function probeOllama(get: Get) {
  if ((await get('/api/version', OllamaVersion)) === undefined) return undefined;
  return (await get('/api/tags', OllamaTags))?.models.map(({ name }) => ({ id: name }));
}

async function probeLmStudio(get: Get) {
  const answer = await get('/api/v1/models', LmStudioModels);
  return answer?.models
    .filter(({ type = 'llm' }) => ['llm', 'vlm'].includes(type))
    .map(({ key, max_context_length }) => withWindow(key, max_context_length));
}

async function probeLlama(get: Get) {
  const props = await get('/props', LlamaProps);
  if (props === undefined) return undefined;
  const models = await get('/v1/models', OpenAiModels);
  return models?.data.map(({ id }) => withWindow(id, props.default_generation_settings.n_ctx));
}

async function probeOpenAi(get: Get) {
  const models = await get('/v1/models', OpenAiModels);
  return models?.data.map(({ id, max_model_len }) => withWindow(id, max_model_len ?? undefined));
}

function withWindow(id: string, contextWindow: number | undefined) {
  return contextWindow === undefined || contextWindow <= 0 ? { id } : { id, contextWindow };
}
