import type { JSONObject, JSONValue, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { field } from '../vendorAnswer';

/**
 * What a model wants back with its reasoning, kept with the part under the provider's id. Sent again only to a model of
 * the family that wrote it: others refuse it, or take it for their own (SPEC C74).
 */
export interface ReasoningData {
  /** The name under which the text came; `content` where it was a part of the message's content. */
  readonly field?: string;
  /** Blocks that go back as they came, encrypted ones among them. */
  readonly details?: readonly JSONObject[];
  readonly family: string;
}

/** Names under which vendors stream reasoning; the first that holds text counts, since some send two copies. */
const FIELDS = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking', 'thinking_content', 'thought'] as const;

export interface ReasoningDelta {
  readonly field: string;
  readonly text: string;
}

/** The reasoning in the delta of a choice. */
export function reasoningIn(delta: object): ReasoningDelta | undefined {
  for (const name of FIELDS) {
    const text = plainText(field(delta, name));
    if (text !== '') return { field: name, text };
  }
  return undefined;
}

/** Of a string, of an object that holds one, or of a list of such. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plainText).join('');
  if (typeof value !== 'object' || value === null) return '';
  return plainText(
    field(value, 'text') ?? field(value, 'content') ?? field(value, 'thinking') ?? field(value, 'summary'),
  );
}

export function detailsIn(delta: object): readonly JSONObject[] {
  const details = field(delta, 'reasoning_details');
  return Array.isArray(details) ? details.filter(isJsonObject) : [];
}

/** A block that streams in pieces becomes one again; whatever else it carries stays as it came. */
export function addDetail(details: readonly JSONObject[], piece: JSONObject): JSONObject[] {
  const last = details.at(-1);
  if (last === undefined || last['type'] !== piece['type'] || last['index'] !== piece['index'] || !isPiece(last, piece))
    return [...details, piece];
  const joined: Record<string, JSONValue | undefined> = { ...last };
  for (const [name, value] of Object.entries(piece)) {
    const before = joined[name];
    if (STREAMED.has(name) && typeof before === 'string' && typeof value === 'string') joined[name] = before + value;
    else if (value !== null || !(name in joined)) joined[name] = value;
  }
  return [...details.slice(0, -1), joined];
}

const STREAMED = new Set(['text', 'summary']);

/** Encrypted blocks come whole, and two blocks of text have two ids. */
function isPiece(last: JSONObject, piece: JSONObject): boolean {
  const streams = [...STREAMED].some((name) => name in piece) || 'signature' in piece;
  return streams && (last['id'] == null || piece['id'] == null || last['id'] === piece['id']);
}

/** The metadata of a reasoning part. */
export function reasoningMetadata(
  providerId: string,
  { field: name, details = [], family }: ReasoningData,
): SharedV4ProviderMetadata {
  return {
    [providerId]: {
      ...(name === undefined ? {} : { field: name }),
      ...(details.length === 0 ? {} : { details: [...details] }),
      family,
    },
  };
}

/** What was kept with a part, where this model may have it back. */
export function reasoningDataOf(options: unknown, providerId: string, modelId: string): ReasoningData | undefined {
  const kept = field(options, providerId);
  const family = field(kept, 'family');
  if (typeof family !== 'string' || family !== familyOf(modelId)) return undefined;
  const name = field(kept, 'field');
  const details = field(kept, 'details');
  return {
    ...(typeof name === 'string' ? { field: name } : {}),
    details: Array.isArray(details) ? details.filter(isJsonObject) : [],
    family,
  };
}

/** `google/gemini` of `google/gemini-3-pro-preview`: who reads what whom wrote. */
export function familyOf(modelId: string): string {
  return /^(?:.*\/)?[a-z]*/.exec(modelId.toLowerCase())?.[0] ?? '';
}

function isJsonObject(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
