import { compare, type Estimate, isDifferent, type Measure, type StrategySummary } from '../compare.ts';
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

interface Column {
  readonly title: string;
  readonly measure: Measure;
  readonly unit: number;
  readonly digits: number;
  readonly suffix?: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'QoE', measure: 'linearQoe', unit: 1, digits: 1 },
  { title: 'reach', measure: 'shareOfReachable', unit: 0.01, digits: 0, suffix: ' %' },
  { title: 'Mbit/s', measure: 'averageBitrate', unit: 1e6, digits: 2 },
  { title: 'stall s', measure: 'stallTime', unit: 1, digits: 2 },
  { title: 'stalls', measure: 'stallCount', unit: 1, digits: 1 },
  { title: 'start s', measure: 'startupTime', unit: 1, digits: 2 },
  { title: 'behind s', measure: 'liveLatency', unit: 1, digits: 2 },
  { title: 'switches', measure: 'switches', unit: 1, digits: 1 },
];

/** Columns in which nobody has a value are left out. */
function setTable(name: string, summaries: readonly StrategySummary[]): string {
  const columns = COLUMNS.filter(({ measure }) => summaries.some(({ measures }) => measures[measure] !== null));
  const compared = summaries.some(({ difference }) => difference !== null);
  const lines = summaries.map(({ strategy, measures, difference }) => [
    strategy,
    ...columns.map(({ measure, unit, digits, suffix }) => mean(measures[measure], unit, digits, suffix)),
    difference === null ? '' : inWords(difference.linearQoe),
  ]);
  const head = ['strategy', ...columns.map(({ title }) => title), compared ? 'QoE against the first' : ''];
  const table = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const text = table.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === head.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const traces = summaries[0]?.sessions ?? 0;
  return `${name}: ${traces} ${traces === 1 ? 'trace' : 'traces'}\n${text.map((line) => `  ${line}`).join('\n')}`;
}

function mean(estimate: Estimate | null, unit: number, digits: number, suffix = ''): string {
  return estimate === null ? '–' : `${(estimate.mean / unit).toFixed(digits).replace('-', '−')}${suffix}`;
}

/** `+12.3 (8.1 … 16.0) better`: the interval of 95 %, and what it lets one say. Few traces have none. */
function inWords(estimate: Estimate): string {
  const { mean: amount, low, high, count } = estimate;
  if (low === null || high === null) {
    return `${signed(amount)} on ${count === 1 ? 'this trace' : `these ${count} traces`}; six or more have an interval`;
  }
  const verdict = !isDifferent(estimate) ? 'no clear difference' : amount > 0 ? 'better' : 'worse';
  return `${signed(amount)} (${signed(low)} … ${signed(high)}) ${verdict}`;
}

function signed(value: number): string {
  const digits = Math.abs(value).toFixed(1);
  return `${value < 0 && Number(digits) !== 0 ? '−' : '+'}${digits}`;
}
