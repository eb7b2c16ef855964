import { headOf, tailOf } from '../util/cutText';

/** Keeps the head and the tail of a text that comes in pieces, however long it gets. Sizes are in characters. */
export class BoundedText {
  readonly #headSize: number;
  readonly #tailSize: number;
  #head = '';
  #tail = '';
  #dropped = 0;

  constructor(headSize: number, tailSize: number) {
    this.#headSize = headSize;
    this.#tailSize = tailSize;
  }

  append(text: string): void {
    const toHead = text.slice(0, this.#headSize - this.#head.length);
    this.#head += toHead;
    this.#tail += text.slice(toHead.length);
    // Trimmed at twice the size only, so that small pieces do not copy the tail each time.
    if (this.#tail.length > 2 * this.#tailSize) this.#trim();
  }

  /** The whole, or head and tail with the count of what is missing between them. */
  toString(): string {
    this.#trim();
    if (this.#dropped === 0) return this.#head + this.#tail;
    // Cut where the pieces fell, which may be between the two halves of a character: only here is known where they lie.
    const head = headOf(`${this.#head} `, this.#head.length);
    const tail = tailOf(` ${this.#tail}`, this.#tail.length);
    const missing = this.#dropped + this.#head.length - head.length + this.#tail.length - tail.length;
    return `${head}\n[… ${missing.toLocaleString('en-US')} characters left out …]\n${tail}`;
  }

  #trim(): void {
    const excess = this.#tail.length - this.#tailSize;
    if (excess <= 0) return;
    this.#dropped += excess;
    this.#tail = this.#tail.slice(excess);
  }
}
