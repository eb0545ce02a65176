import { compare, type Estimate, isDifferent, type StrategySummary } from '../compare.ts';
import type { SessionRow } from '../play-trace.ts';

/** Rows of the traces of one set. */
export interface RowSet {
  readonly name: string;
  readonly rows: readonly SessionRow[];
}

/** Each set's comparison as text for a terminal: means, with ± half the 95 % interval where the difference is read off. */
export function summaryTable(sets: readonly RowSet[]): string {
  return sets.map(({ name, rows }) => setTable(name, compare(rows))).join('\n\n');
}

const HEAD = [
  'strategy',
  'QoE',
  'reach',
  'Mbit/s',
  'stall s',
  'stalls',
  'start s',
  'switches',
  'QoE against the first',
];

function setTable(name: string, summaries: readonly StrategySummary[]): string {
  const lines = summaries.map(({ strategy, measures, difference }) => [
    strategy,
    mean(measures.linearQoe, 1, 1),
    mean(measures.shareOfReachable, 0.01, 0, ' %'),
    mean(measures.averageBitrate, 1e6, 2),
    mean(measures.stallTime, 1, 2),
    mean(measures.stallCount, 1, 1),
    mean(measures.startupTime, 1, 2),
    mean(measures.switches, 1, 1),
    difference === null ? '' : inWords(difference.linearQoe),
  ]);
  const table = [HEAD, ...lines];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const text = table.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === HEAD.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${name}: ${summaries[0]?.sessions ?? 0} traces\n${text.map((line) => `  ${line}`).join('\n')}`;
}

function mean(estimate: Estimate | null, unit: number, digits: number, suffix = ''): string {
  return estimate === null ? '–' : `${(estimate.mean / unit).toFixed(digits)}${suffix}`;
}

/** `+12.3 (8.1 … 16.0) better`: the interval of 95 %, and what it lets one say. */
function inWords(estimate: Estimate): string {
  const verdict = !isDifferent(estimate) ? 'no clear difference' : estimate.mean > 0 ? 'better' : 'worse';
  return `${signed(estimate.mean)} (${signed(estimate.low)} … ${signed(estimate.high)}) ${verdict}`;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
