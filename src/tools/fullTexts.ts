import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child } from '../delegation/delegation';
import { summaryOf } from '../delegation/result';
import type { FullTexts } from '../delegation/told';

/** Keeps the full texts of results that are too long for a conversation, each in a file of its own (SPEC 5.3). */
export function fullTextsIn(resultsFolder: string, onError: (message: string, error: unknown) => void): FullTexts {
  const pathOf = (child: Child) => join(resultsFolder, `${child.id}.md`);
  return {
    pathOf,
    async keep(children) {
      if (children.length === 0) return;
      try {
        await mkdir(resultsFolder, { recursive: true });
        await Promise.all(children.map((child) => writeFile(pathOf(child), summaryOf(child))));
      } catch (error) {
        // A full disk must not keep the results from their session.
        onError('The full text of a result could not be written', error);
      }
    },
  };
}
