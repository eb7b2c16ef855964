import { stripVTControlCharacters } from 'node:util';

/** An escape sequence that is not complete is at most that long; what is longer is none. In characters. */
const LONGEST_ESCAPE = 500;
/** A line that is longer is not waited for. In characters. */
const LONGEST_LINE = 64 * 1024;

/** Decodes what a process writes, and leaves out what moves and colours a terminal, however it is cut into pieces. */
export class PlainOutput {
  readonly #decoder = new TextDecoder();
  #cutOff = '';

  take(bytes: Uint8Array): string {
    return this.#strip(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What was held back, for no more comes. */
  end(): string {
    return plain(this.#cutOff + this.#decoder.decode());
  }

  #strip(piece: string): string {
    const text = this.#cutOff + piece;
    const whole = text.length - (CUT_ESCAPE.exec(text.slice(-LONGEST_ESCAPE))?.[0].length ?? 0);
    this.#cutOff = text.slice(whole);
    return plain(text.slice(0, whole));
  }
}

/** To the first column, or the whole line gone: a progress bar begins its next frame with it, as others do with `\r`. */
const LINE_AGAIN = /\x1b\[(?:[01]?G|2K)/g;

function plain(text: string): string {
  return stripVTControlCharacters(text.includes('\x1b') ? text.replace(LINE_AGAIN, '\r') : text);
}

/** A sequence at the end that only begins: what completes it is to come. */
const CUT_ESCAPE = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[()#%*+])?$/;

/** Lines as a terminal shows them in the end: of a progress bar, which writes over its line, only the last frame. */
export class LastFrames {
  #line = '';

  /** Takes a piece and returns the lines that are complete now. */
  take(piece: string): string {
    const text = this.#line + piece;
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.slice(0, end);
    const rest = text.slice(end);
    if (rest.length > LONGEST_LINE) {
      const frame = lastFrame(rest);
      const isTooLong = frame.length > LONGEST_LINE;
      this.#line = (isTooLong ? '' : frame) + (rest.endsWith('\r') ? '\r' : '');
      return settled(lines) + (isTooLong ? frame : '');
    }
    this.#line = rest;
    return settled(lines);
  }

  /** The line that has no end. */
  end(): string {
    const line = lastFrame(this.#line);
    this.#line = '';
    return line;
  }
}

function settled(lines: string): string {
  return /[\r\b]/.test(lines) ? lines.split('\n').map(lastFrame).join('\n') : lines;
}

function lastFrame(line: string): string {
  const frames = line.split('\r');
  const last = frames.findLast((frame) => frame !== '') ?? '';
  return last.includes('\b') ? withoutErased(last) : last;
}

/** A spinner goes back one character and writes the next one over it. */
function withoutErased(line: string): string {
  const kept: string[] = [];
  for (const character of line) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}
