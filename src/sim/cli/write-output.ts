import { writeFile } from 'node:fs/promises';
import type { SessionRow } from '../play-trace.ts';
import { messageOf, UsageError } from './usage-error.ts';

const COLUMNS = [
  'trace',
  'strategy',
  'levels',
  'startupTime',
  'stallTime',
  'stallCount',
  'averageBitrate',
  'switches',
  'linearQoe',
  'shareOfReachable',
] as const satisfies readonly (keyof SessionRow)[];

/** The models that rows were scored with. */
const modelsOf = (rows: readonly SessionRow[]): string[] => Object.keys(rows[0]?.scores ?? {});

/** Columns of these rows: those of a live session have one more. */
const columnsOf = (rows: readonly SessionRow[]): readonly (keyof SessionRow)[] =>
  rows[0]?.liveLatency === undefined ? COLUMNS : [...COLUMNS, 'liveLatency'];

/** `{"sessions": […]}`, a session a line; fields in the documented order, `scores` last where models were asked for. */
export function toJson(rows: readonly SessionRow[]): string {
  const columns = columnsOf(rows);
  const lines = rows.map((row) => {
    const fields = Object.fromEntries(columns.map((name) => [name, row[name]]));
    return JSON.stringify(row.scores === undefined ? fields : { ...fields, scores: row.scores });
  });
  return `{"sessions":[\n${lines.join(',\n')}\n]}\n`;
}

/** The same as a table (RFC 4180): levels apart by spaces, nothing for null, a column for each model. */
export function toCsv(rows: readonly SessionRow[]): string {
  const models = modelsOf(rows);
  const columns = columnsOf(rows);
  const lines = rows.map((row) =>
    [
      ...columns.map((name) => csvField(row[name])),
      ...models.map((model) => csvField(row.scores?.[model] ?? null)),
    ].join(','),
  );
  return `${[[...columns, ...models].join(','), ...lines].join('\r\n')}\r\n`;
}

function csvField(value: SessionRow[keyof SessionRow]): string {
  const text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Writes a result to a file, or with `-` to standard output.
 *
 * @throws UsageError naming the option and the file
 */
export async function writeOutput(option: string, file: string | null, text: () => string): Promise<void> {
  if (file === null) return;
  if (file === '-') {
    process.stdout.write(text());
    return;
  }
  try {
    await writeFile(file, text());
  } catch (cause) {
    throw new UsageError(`${option} '${file}' cannot be written: ${messageOf(cause)}`, { cause });
  }
}
