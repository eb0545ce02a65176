import type { CaseResult, Result, SessionResult } from './score-files.ts';

const number = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined ? '–' : value.toFixed(digits);

/** Columns under their heads, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

const isSession = (result: Result): result is SessionResult => 'metrics' in result;
const isCase = (result: Result): result is CaseResult => 'O22' in result;

function sessionTable(results: readonly SessionResult[]): string {
  const terms = [...new Set(results.flatMap((result) => Object.keys(result.terms)))];
  const head = [
    'session',
    results[0]?.model ?? '',
    ...terms,
    'media s',
    'start-up s',
    'stalls',
    'stalled s',
    'kbit/s',
    'switches',
  ];
  const rows = results.map(({ id, value, terms: own, metrics, provisional }) => [
    id,
    `${number(value)}${provisional ? '*' : ''}`,
    ...terms.map((term) => number(own[term])),
    number(metrics.mediaTime, 1),
    number(metrics.initialStartupTime),
    String(metrics.playbackStallCount),
    number(metrics.playbackStallDuration, 2),
    metrics.averageBitrate === null ? '–' : (metrics.averageBitrate / 1000).toFixed(0),
    String(metrics.switches),
  ]);
  const provisional = results.some((result) => result.provisional);
  return table(head, rows) + (provisional ? '\n* provisional: the log ends before the session does' : '');
}

function caseTable(results: readonly CaseResult[]): string {
  const rows = results.map(({ id, O22, O23, O35, O46, partial }) => [
    id,
    number(O46),
    ...(partial === undefined ? [] : [number(partial)]),
    number(O23),
    number(O35),
    String(O22.length),
  ]);
  const partial = results.some((result) => result.partial !== undefined);
  return table(['case', 'O46', ...(partial ? ['partial'] : []), 'O23', 'O35', 'seconds'], rows);
}

/** Results for a person to read. */
export function report(results: readonly Result[]): string {
  const sessions = results.filter(isSession);
  const cases = results.filter(isCase);
  const refused = results.filter((result) => 'error' in result);
  const notes = new Set(sessions.flatMap((result) => result.notes ?? []));
  if (cases.some(({ O46 }) => O46 === null)) {
    notes.add('no --forest given: O46 is left out; partial is what the formulae alone say, not a P.1203 score');
  }
  const parts = [
    sessions.length > 0 ? sessionTable(sessions) : '',
    cases.length > 0 ? caseTable(cases) : '',
    ...[...notes].map((note) => `note: ${note}`),
    ...refused.map(({ id, file, error }) => `${id === file ? file : `${file}, ${id}`}: ${error}`),
  ];
  return parts.filter((part) => part !== '').join('\n');
}
