import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ToolFault } from '../agent/tool';
import type { TextFile, WorkspaceFile } from './workspace';

/** In bytes. Larger files are read by line ranges and are not edited. */
export const MAX_TEXT_BYTES = 10 * 1024 * 1024;

const BOM = '\uFEFF';

/** A text as a file can hold it: no byte order mark in it, which is the file's own, and no half characters. */
export function storable(text: string): string {
  return text.replace(/^\uFEFF+/, '').toWellFormed();
}

export function beginsWithBom(text: string): boolean {
  return text.startsWith(BOM);
}

/** The bytes of a text on disk. */
export function encode(text: string, hasBom: boolean): Buffer {
  return Buffer.from(hasBom ? BOM + text : text);
}

/** A hash of a text; equal for equal texts only. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

export function textFile(text: string, from: { readonly hasBom: boolean; readonly unsaved: boolean }): TextFile {
  return { text, hash: hashOf(text), hasBom: from.hasBom, unsaved: from.unsaved };
}

/**
 * Reads a file of `size` bytes as UTF-8 text. Throws a ToolFault for a binary file, for other encodings and for one over
 * the limit.
 */
export async function readTextFile(file: WorkspaceFile, size: number): Promise<TextFile> {
  if (size > MAX_TEXT_BYTES) throw new ToolFault(`${file.shown} is too large to be edited (${describeSize(size)}).`);
  const bytes = await readFile(file.real);
  if (looksBinary(bytes)) throw new ToolFault(binaryRefusal(file.shown, bytes.length));
  const text = decode(bytes, file.shown);
  const hasBom = text.startsWith(BOM);
  return textFile(hasBom ? text.slice(1) : text, { hasBom, unsaved: false });
}

/** Git's rule: a NUL among the first bytes. */
export function looksBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8000).includes(0);
}

export function binaryRefusal(shown: string, size: number): string {
  return `${shown} is a binary file (${describeSize(size)}), not UTF-8 text; it can't be read or edited as text.`;
}

function describeSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function decode(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Decoding it loosely would destroy it at the next edit.
    throw new ToolFault(`${shown} is not UTF-8 text, so it can't be read or edited. Convert it with a command first.`);
  }
}
