import { type Block, type Definitions, renderMarkdown } from './markdown';

/**
 * Renders a text that is appended to again and again. What is in front of its last block can no longer change, so only
 * that block and what follows it are parsed anew: a long answer streams as smoothly as a short one.
 */
export class GrowingMarkdown {
  #text = '';
  /** All blocks in front of `#text` at `#tail`. */
  #finished: readonly Block[] = [];
  #tail = 0;
  #definitions: Definitions = {};

  /** The HTML of each top-level block of the text. */
  render(text: string): string[] {
    return this.blocks(text).map(({ html }) => html);
  }

  /** The top-level blocks of the text. Those that are finished stay the same objects. */
  blocks(text: string): readonly Block[] {
    if (!text.startsWith(this.#text)) this.#restart();
    const rest = text.slice(this.#tail);
    const blocks = renderMarkdown(rest, this.#definitions);
    const all = [...this.#finished, ...blocks];
    this.#text = text;
    this.#tail += startOfLine(rest, blocks.at(-1)?.line ?? 0);
    this.#finished = all.slice(0, blocks.length > 0 ? -1 : undefined);
    return all;
  }

  #restart(): void {
    this.#finished = [];
    this.#tail = 0;
    this.#definitions = {};
  }
}

function startOfLine(text: string, line: number): number {
  let start = 0;
  for (let n = 0; n < line; n++) start = text.indexOf('\n', start) + 1;
  return start;
}
