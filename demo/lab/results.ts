import { type Estimate, isDifferent, type StrategySummary } from 'sluice/sim';
import { element, make } from '../src/page-element.ts';
import type { LabRow } from './messages.ts';
import { seriesColour } from './plots.ts';

/** Sessions listed: those worth a look, not all. */
const LISTED = 24;

const dot = (slot: number): HTMLElement => {
  const mark = make('i', 'dot');
  mark.style.setProperty('--colour', `var(${seriesColour(slot)})`);
  return mark;
};

/** Fills the table: means with their intervals, and what they let one say against the first. */
export function showSummary(summaries: readonly StrategySummary[], strategies: readonly string[]): void {
  const body = element('answer', HTMLTableSectionElement);
  const inOrder = strategies.flatMap((name) => summaries.filter(({ strategy }) => strategy === name));
  body.replaceChildren(...inOrder.map((summary) => summaryRow(summary, strategies.indexOf(summary.strategy))));
  reachableByKeyboard(body.closest('.table-box'));
}

/** A box that scrolls sideways can be scrolled with the keyboard; one that does not is no stop on the way. */
function reachableByKeyboard(box: HTMLElement | null): void {
  if (box === null) return;
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute('tabindex');
}

function summaryRow({ strategy, measures, difference }: StrategySummary, slot: number): HTMLTableRowElement {
  const row = make('tr');
  const head = make('th', '', strategy);
  head.scope = 'row';
  head.prepend(dot(slot));
  row.append(
    head,
    cell(measures.linearQoe, 1, 1),
    difference === null ? make('td', '', '–') : verdictCell(difference.linearQoe),
    cell(measures.averageBitrate, 1e6, 2),
    cell(measures.stallTime, 1, 2),
    cell(measures.startupTime, 1, 2),
    cell(measures.switches, 1, 1),
  );
  return row;
}

function cell(estimate: Estimate | null, unit: number, digits: number): HTMLTableCellElement {
  if (estimate === null) return make('td', '', '–');
  const made = make('td', '', number(estimate.mean / unit, digits));
  made.append(make('small', '', `${number(estimate.low / unit, digits)} … ${number(estimate.high / unit, digits)}`));
  return made;
}

function verdictCell(estimate: Estimate): HTMLTableCellElement {
  const verdict = !isDifferent(estimate) ? 'unclear' : estimate.mean > 0 ? 'better' : 'worse';
  const word = { better: '▲ better', worse: '▼ worse', unclear: 'no clear difference' }[verdict];
  const made = make('td', `verdict-${verdict}`, `${estimate.mean > 0 ? '+' : ''}${number(estimate.mean, 1)} ${word}`);
  made.append(make('small', '', `${number(estimate.low, 1)} … ${number(estimate.high, 1)}`));
  return made;
}

const number = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');

/** What the list of sessions is ordered by. */
export type SessionOrder = 'lost' | 'qoe' | 'stall';

/** The sessions worth a look, worst first, each with what it is here for. */
export function showSessions(
  rows: readonly LabRow[],
  strategies: readonly string[],
  order: SessionOrder,
  chosen: (row: LabRow) => void,
): void {
  const best = new Map<number, number>();
  for (const { at, linearQoe } of rows) best.set(at, Math.max(best.get(at) ?? Number.NEGATIVE_INFINITY, linearQoe));
  const lost = (row: LabRow): number => (best.get(row.at) ?? row.linearQoe) - row.linearQoe;
  const badness = { lost, qoe: (row: LabRow) => -row.linearQoe, stall: (row: LabRow) => row.stallTime }[order];
  const words = {
    lost: (row: LabRow) => `${number(lost(row), 1)} lost`,
    qoe: (row: LabRow) => `QoE ${number(row.linearQoe, 1)}`,
    stall: (row: LabRow) => `${number(row.stallTime, 1)} s stalled`,
  }[order];
  const worst = rows.toSorted((a, b) => badness(b) - badness(a)).slice(0, LISTED);
  element('sessions', HTMLOListElement).replaceChildren(
    ...worst.map((row) => {
      const item = make('li');
      const button = make('button');
      button.type = 'button';
      button.append(
        dot(strategies.indexOf(row.strategy)),
        make('span', '', `${row.strategy} on ${row.trace}`),
        make('small', '', words(row)),
      );
      button.addEventListener('click', () => chosen(row));
      item.append(button);
      return item;
    }),
  );
}
