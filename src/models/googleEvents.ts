import { countsIn, textsIn, type VendorEvents } from './eventFields';
import { field, parseJson } from './vendorAnswer';

/** Google's chunks; some proxies wrap them in a list. */
export function googleEvents(): VendorEvents {
  return {
    take(data) {
      const given = parseJson(data);
      return (Array.isArray(given) ? (given as unknown[]) : [given]).flatMap(readable);
    },
    // Counts may follow after the reason for the end.
    isOver: () => false,
  };
}

const COUNTS = [
  'promptTokenCount',
  'candidatesTokenCount',
  'totalTokenCount',
  'cachedContentTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
];

function readable(chunk: unknown): readonly object[] {
  if (typeof chunk !== 'object' || chunk === null) return [];
  if (field(chunk, 'error') != null) return [chunk];
  const candidates = field(chunk, 'candidates');
  const usage = field(chunk, 'usageMetadata');
  const feedback = field(chunk, 'promptFeedback');
  return [
    {
      ...textsIn(chunk, 'responseId'),
      ...(Array.isArray(candidates) ? { candidates: candidates.filter(isObject).map(candidateOf) } : {}),
      ...(isObject(usage) ? { usageMetadata: countsIn(usage, ...COUNTS) } : {}),
      ...(isObject(feedback) ? { promptFeedback: textsIn(feedback, 'blockReason') } : {}),
    },
  ];
}

function candidateOf(candidate: object): object {
  const content = field(candidate, 'content');
  const given = field(content, 'parts');
  const parts = (Array.isArray(given) ? (given as unknown[]) : [given]).filter(isObject).map(partOf);
  return { ...textsIn(candidate, 'finishReason', 'finishMessage'), content: { ...textsIn(content, 'role'), parts } };
}

/** A call's arguments are an object; some send their text. */
function partOf(part: object): object {
  const call = field(part, 'functionCall');
  const args = field(call, 'args');
  if (!isObject(call) || typeof args !== 'string') return part;
  const value = parseJson(args);
  return isObject(value) ? { ...part, functionCall: { ...call, args: value } } : part;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
