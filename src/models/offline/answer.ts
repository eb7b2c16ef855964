import { HELP } from './help';
import { planFor } from './requests';
import type { OfflineCall, OfflineTurn } from './turn';
import { isCompletionBlock, wrapUp } from './wrapUp';

/** What the model does next: text, calls, or text and calls. */
export interface OfflineAnswer {
  readonly text: string;
  readonly calls: readonly OfflineCall[];
}

/** Depends on the prompt only: the same prompt always gets the same answer. */
export function answerTo(turn: OfflineTurn): OfflineAnswer {
  const say = (text: string) => ({ text, calls: [] });
  if (isCompletionBlock(turn.request)) return say(wrapUp(turn.request));
  if (turn.tools.size === 0 && /transcript/i.test(turn.system)) return say(digest(turn.request));
  const plan = planFor(turn.request);
  if (plan === undefined) return say(HELP);
  const last = turn.waves.at(-1) ?? [];
  const next = plan.waves[turn.waves.length];
  const failed = last.some((outcome) => outcome.failed);
  if (next === undefined || failed) return say(plan.report(failed ? last : turn.waves.flat()));
  const missing = next.find(({ tool }) => !turn.tools.has(tool));
  if (missing !== undefined)
    return say(`I cannot do this here: ${missing.tool} is not among the tools that I was given.`);
  return { text: turn.waves.length === 0 ? announcement(next) : '', calls: next };
}

function announcement(calls: readonly OfflineCall[]): string {
  const [first] = calls;
  const { path, pattern, command } = first?.input ?? {};
  const target = [path, pattern, command].find((value) => typeof value === 'string');
  if (first?.tool === 'delegate_task' || target === undefined) return 'On it.';
  return calls.length === 1 ? `On it: ${target}.` : `On it: ${target} and ${calls.length - 1} more.`;
}

/** A compaction without understanding: how each of the older messages begins. */
function digest(transcript: string): string {
  const starts = transcript.split(/\n{2,}/).map((paragraph) => paragraph.replace(/\s+/g, ' ').slice(0, 160));
  return starts.slice(-40).join('\n');
}
