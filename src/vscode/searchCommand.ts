import type { SearchHit } from '../store/searchStore';
import { oneLine } from '../util/plainText';
import { entryId } from './chatItems';
import type { CommandPorts } from './commandPorts';
import type { Choice } from './prompts';

const LOOK: Readonly<Record<SearchHit['author'], { readonly icon: string; readonly who: string }>> = {
  user: { icon: 'person', who: 'you' },
  agent: { icon: 'comment-discussion', who: 'agent' },
  results: { icon: 'inbox', who: 'results' },
  child: { icon: 'inbox', who: 'results' },
};

/** Finds a place in any session by the words that stand there, and goes to it. */
export async function searchSessions({ sessions, prompts, chat, tree }: CommandPorts): Promise<void> {
  const hit = await prompts.search('Search Sessions', 'Words of a message or of a result', (text) =>
    sessions.search(text).map(choiceOf),
  );
  if (hit === undefined) return;
  const { sessionId, delegationId, seq } = hit;
  if (sessions.show(sessionId)) {
    await chat.open();
    await chat.reveal(delegationId === undefined ? { entry: entryId(seq) } : { delegationId });
  } else if (delegationId === undefined || !(await tree.reveal(delegationId))) {
    await prompts.inform('That session was deleted.');
  }
}

/** `Fix the cart · results · 22/11/2026, 13:05`, and some words around the match. */
function choiceOf(hit: SearchHit): Choice<SearchHit> {
  const { icon, who } = LOOK[hit.author];
  return {
    label: `$(${icon}) ${hit.sessionTitle === '' ? 'Deleted session' : noIcons(hit.sessionTitle)}`,
    description: `${who} · ${new Date(hit.at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' })}`,
    detail: noIcons(oneLine(hit.snippet)),
    value: hit,
  };
}

/** VS Code makes an icon of `$(name)`: shown as it is written, it needs something in between. */
function noIcons(text: string): string {
  return text.replaceAll('$(', '$\u200b(');
}
