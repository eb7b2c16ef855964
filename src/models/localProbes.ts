import * as z from 'zod';
import { httpFetch } from './httpFetch';

/** What is known of a model on this machine. */
export interface LocalModel {
  readonly id: string;
  /** What the server has loaded it with, or will load it with; in tokens. */
  readonly contextWindow?: number;
  /** Whether it takes tools, where the server says so. */
  readonly takesTools?: boolean;
}

/** How one kind of server is recognised: by the shape of what it answers, since a port alone says little. */
export interface LocalServerKind {
  readonly id: string;
  readonly label: string;
  readonly origin: string;
  /**
   * Its models; undefined where the answers are not those of such a server. `memory` is the same from look to look, for
   * what does not change as long as the model does not.
   */
  readonly probe: (ask: Ask, memory: ProbeMemory) => Promise<readonly LocalModel[] | undefined>;
}

/**
 * The JSON at a path, checked; undefined where it is of another shape or there is none. Throws where the server did not
 * answer. With a `body` it is posted.
 */
type Ask = <Schema extends z.ZodType>(
  path: string,
  shape: Schema,
  body?: unknown,
) => Promise<z.output<Schema> | undefined>;

export type ProbeMemory = Map<string, Shown>;

/** Ollama and LM Studio load a model with so many tokens unless they are told otherwise, and cut what is longer. */
const DEFAULT_WINDOW = 4_096;

const Tokens = z.number().int().positive();
const OllamaVersion = z.object({ version: z.string() });
const OllamaTags = z.object({ models: z.array(z.object({ name: z.string(), digest: z.string().optional() })) });
const OllamaLoaded = z.object({
  models: z.array(z.object({ name: z.string(), context_length: Tokens.optional().catch(undefined) })),
});
const OllamaShow = z.object({
  parameters: z.string().optional().catch(undefined),
  model_info: z.record(z.string(), z.unknown()).catch({}),
  capabilities: z.array(z.string()).optional().catch(undefined),
});
type Shown = z.output<typeof OllamaShow>;
const LmStudioModels = z.object({
  models: z.array(
    z.object({
      key: z.string(),
      type: z.string().optional(),
      max_context_length: Tokens.optional().catch(undefined),
      loaded_instances: z.array(z.object({ config: z.object({ context_length: Tokens }) })).catch([]),
      capabilities: z.object({ trained_for_tool_use: z.boolean() }).optional().catch(undefined),
    }),
  ),
});
const LlamaProps = z.object({
  default_generation_settings: z.object({ n_ctx: z.number().optional() }),
  chat_template_caps: z.object({ supports_tools: z.boolean() }).optional().catch(undefined),
});
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

/** Asks a server at `origin`. */
export function askAt(origin: string, signal: AbortSignal): Ask {
  return async (path, shape, body) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await httpFetch(`${origin}${path}`, { ...init, signal });
    const text = await response.text();
    // It is there, and has no time.
    if (response.status >= 500 || response.status === 429) throw new Error(`${origin} answered ${response.status}.`);
    return response.ok ? shape.safeParse(jsonOf(text)).data : undefined;
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function probeOllama(ask: Ask, memory: ProbeMemory) {
  if ((await ask('/api/version', OllamaVersion)) === undefined) return undefined;
  const [tags, loaded] = await Promise.all([ask('/api/tags', OllamaTags), ask('/api/ps', OllamaLoaded)]);
  if (tags === undefined) return undefined;
  return Promise.all(
    tags.models.map(async ({ name, digest = '' }) => {
      const running = loaded?.models.find((model) => model.name === name)?.context_length;
      const key = `${name}@${digest}`;
      const shown = memory.get(key) ?? (await ask('/api/show', OllamaShow, { model: name }));
      if (shown !== undefined) memory.set(key, shown);
      return ollamaModel(name, running, shown);
    }),
  );
}

function ollamaModel(id: string, running: number | undefined, shown: Shown | undefined): LocalModel {
  const set = Number(/^\s*num_ctx\s+(\d+)/m.exec(shown?.parameters ?? '')?.[1] ?? NaN);
  const most = Object.entries(shown?.model_info ?? {}).find(([name]) => name.endsWith('.context_length'))?.[1];
  const wanted = running ?? (set > 0 ? set : DEFAULT_WINDOW);
  return {
    ...withWindow(id, typeof most === 'number' && most > 0 ? Math.min(wanted, most) : wanted),
    ...(shown?.capabilities === undefined ? {} : { takesTools: shown.capabilities.includes('tools') }),
  };
}

async function probeLmStudio(ask: Ask) {
  const answer = await ask('/api/v1/models', LmStudioModels);
  return answer?.models
    .filter(({ type = 'llm' }) => ['llm', 'vlm'].includes(type))
    .map(({ key, max_context_length = DEFAULT_WINDOW, loaded_instances, capabilities }) => ({
      ...withWindow(key, loaded_instances[0]?.config.context_length ?? Math.min(DEFAULT_WINDOW, max_context_length)),
      ...(capabilities === undefined ? {} : { takesTools: capabilities.trained_for_tool_use }),
    }));
}

async function probeLlama(ask: Ask) {
  const props = await ask('/props', LlamaProps);
  if (props === undefined) return undefined;
  const models = await ask('/v1/models', OpenAiModels);
  const caps = props.chat_template_caps;
  return models?.data.map(({ id }) => ({
    ...withWindow(id, props.default_generation_settings.n_ctx),
    ...(caps === undefined ? {} : { takesTools: caps.supports_tools }),
  }));
}

async function probeOpenAi(ask: Ask) {
  const models = await ask('/v1/models', OpenAiModels);
  return models?.data.map(({ id, max_model_len }) => withWindow(id, max_model_len ?? undefined));
}

function withWindow(id: string, contextWindow: number | undefined): LocalModel {
  return contextWindow === undefined || contextWindow <= 0 ? { id } : { id, contextWindow };
}
