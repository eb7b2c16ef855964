import { writeExport } from '../session/exportFile';
import type { ExportFormat } from '../session/exportSession';
import type { CommandPorts } from './commandPorts';
import type { Choice } from './prompts';

const FORMATS: readonly Choice<ExportFormat>[] = [
  { label: 'Markdown', detail: 'To read, or to hand to somebody', value: 'markdown' },
  { label: 'JSON', detail: 'All that is known of it, agents’ transcripts included', value: 'json' },
];
const EXTENSIONS: Readonly<Record<ExportFormat, string>> = { markdown: 'md', json: 'json' };
const OPEN = 'Open';

/** Writes the session in front to a file that the user chooses. */
export async function exportSession({ sessions, prompts, host }: CommandPorts): Promise<void> {
  if (sessions.front().isEmpty) {
    await prompts.inform('There is nothing in this session yet.');
    return;
  }
  const format = await prompts.choose('Export Session', FORMATS);
  if (format === undefined) return;
  const { title, pieces } = sessions.export(format);
  const file = await host.saveAs(`${fileNameOf(title)}.${EXTENSIONS[format]}`);
  if (file === undefined) return;
  await writeExport(file, pieces);
  const chosen = await prompts.inform(`Exported to ${file}.`, OPEN);
  if (chosen !== undefined) await host.openFile(file);
}

/** Letters and digits of the title, which every file system takes. */
function fileNameOf(title: string): string {
  const words =
    title
      .match(/[\p{L}\p{N}]+/gu)
      ?.join('-')
      .toLowerCase() ?? '';
  return words === '' ? 'session' : words.slice(0, 60);
}
