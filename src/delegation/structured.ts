import type { Outcome } from '../agent/messages';
import type { ChildEnding } from './delegation';
import type { OutputSchema } from './outputSchema';
import { fit } from './outputSchema';

/** What a child is told of the schema, at the end of its task. */
export function schemaRequest(schema: OutputSchema): string {
  return `Result format:\nYour report must hold one fenced block marked json with a value that fits this JSON schema, and nothing else in that block:\n${JSON.stringify(schema)}`;
}

type Structured = Pick<ChildEnding, 'structured' | 'structuredError'>;

/**
 * Holds the answer of a child to its schema (SPEC 2.10): one that does not fit is sent back once, with what is wrong. Gives
 * the outcome that counts and what was found in it. An answer is never lost for a correction that failed.
 */
export async function held(
  first: Outcome,
  schema: OutputSchema,
  correct: (message: string) => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly structured: Structured }> {
  if (first.status !== 'completed') return { outcome: first, structured: {} };
  const fitted = await fit(first.text, schema);
  if ('structured' in fitted) return { outcome: first, structured: fitted };
  const unfit: Structured = { structuredError: fitted.problem };
  // Where it ran out of requests, there is none left for a correction.
  if (first.exitReason !== 'completed') return { outcome: first, structured: unfit };
  const second = await correct(correction(fitted.problem));
  if (second.status === 'interrupted' && second.exitReason === 'interrupted')
    return { outcome: { ...second, text: first.text }, structured: unfit };
  if (second.status !== 'completed') {
    const why = second.error ?? second.exitReason;
    return { outcome: first, structured: { structuredError: `${fitted.problem} (the correction failed: ${why})` } };
  }
  const again = await fit(second.text, schema);
  return 'structured' in again
    ? { outcome: second, structured: again }
    : { outcome: second, structured: { structuredError: again.problem } };
}

function correction(problem: string): string {
  return `Your report does not fit the JSON schema that your task asks for: ${problem}. Answer once more with the whole report, and in it the corrected value in one fenced block marked json. Do no further work for it.`;
}
