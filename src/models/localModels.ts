import type { AgentModel } from '../agent/model';
import type { LocalModel } from './localProbes';

/** Below this an agent has room for its instructions and a file or two, and no more. In tokens. */
const MIN_AGENT_WINDOW = 16_384;

/** What speaks against this model as an agent, for a line of a picker. */
export function shortCautions({ contextWindow = Infinity, takesTools = true }: LocalModel): string[] {
  return [
    ...(takesTools ? [] : ['takes no tools']),
    ...(contextWindow < MIN_AGENT_WINDOW ? [`context of ${contextWindow} tokens only`] : []),
  ];
}

/** The same as a sentence that says what to do; undefined where nothing does. */
export function cautionOf({ name, contextWindow }: AgentModel, { takesTools = true }: LocalModel): string | undefined {
  if (!takesTools)
    return `${name} takes no tools, as its server says, and agents work with tools. Choose another with “Fanout: Select Model…”.`;
  if (contextWindow >= MIN_AGENT_WINDOW) return undefined;
  return `${name} has a context of ${contextWindow} tokens, which is small for an agent: it will forget soon. Let its server load it with more (Ollama: OLLAMA_CONTEXT_LENGTH, LM Studio and llama.cpp: context length).`;
}
