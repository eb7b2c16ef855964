import { type Definitions, renderMarkdown } from './markdown';

/**
 * Renders a text that is appended to again and again. What is in front of its last block can no longer change, so only
 * that block and what follows it are parsed anew: a long answer streams as smoothly as a short one.
 */
export class GrowingMarkdown {
  #text = '';
  /** HTML of all blocks in front of `#text` at `#tail`. */
  #finished: readonly string[] = [];
  #tail = 0;
  #definitions: Definitions = {};

  /** The HTML of each top-level block of the text. */
  render(text: string): string[] {
    if (!text.startsWith(this.#text)) this.#restart();
    const rest = text.slice(this.#tail);
    const blocks = renderMarkdown(rest, this.#definitions);
    const html = [...this.#finished, ...blocks.map((block) => block.html)];
    this.#text = text;
    this.#tail += startOfLine(rest, blocks.at(-1)?.line ?? 0);
    this.#finished = html.slice(0, blocks.length > 0 ? -1 : undefined);
    return html;
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
