import { type Estimate, isDifferent, type StrategySummary } from 'sluice/sim';
import { anyElement, element, make } from '../src/page-element.ts';
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
  anyElement('behind-live').hidden = summaries.every(({ measures }) => measures.liveLatency === null);
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
    ...(measures.liveLatency === null ? [] : [cell(measures.liveLatency, 1, 2)]),
    cell(measures.switches, 1, 1),
  );
  return row;
}

function cell(estimate: Estimate | null, unit: number, digits: number): HTMLTableCellElement {
  if (estimate === null) return make('td', '', '–');
  const made = make('td', '', number(estimate.mean / unit, digits));
  made.append(...interval(estimate, unit, digits));
  return made;
}

/** The 95 % interval under a mean; fewer than six traces have none. */
function interval({ low, high }: Estimate, unit: number, digits: number): HTMLElement[] {
  if (low === null || high === null) return [];
  return [make('small', '', `${number(low / unit, digits)} … ${number(high / unit, digits)}`)];
}

function verdictCell(estimate: Estimate): HTMLTableCellElement {
  const amount = `${estimate.mean > 0 ? '+' : ''}${number(estimate.mean, 1)}`;
  if (estimate.low === null) {
    const made = make('td', 'verdict-unclear', amount);
    made.append(
      make('small', '', `${estimate.count === 1 ? 'one trace' : `${estimate.count} traces`}: too few to tell`),
    );
    return made;
  }
  const verdict = !isDifferent(estimate) ? 'unclear' : estimate.mean > 0 ? 'better' : 'worse';
  const word = { better: '▲ better', worse: '▼ worse', unclear: 'no clear difference' }[verdict];
  const made = make('td', `verdict-${verdict}`, `${amount} ${word}`);
  made.append(...interval(estimate, 1, 1));
  return made;
}

/** With a minus that is as wide as a plus, and none before a zero. */
const number = (value: number, digits: number): string =>
  value
    .toFixed(digits)
    .replace(/^-(?=.*[1-9])/, '−')
    .replace(/^-/, '');

/** What the list of sessions is ordered by. */
export type SessionOrder = 'lost' | 'qoe' | 'stall';

/** The items of the highest values, highest first, without putting all the others in order: there may be tens of thousands. */
function highest<T>(items: readonly T[], worth: (item: T) => number, most: number): T[] {
  const top: { readonly item: T; readonly value: number }[] = [];
  for (const item of items) {
    const value = worth(item);
    if (top.length === most && value <= (top[most - 1]?.value ?? value)) continue;
    const after = top.findIndex((other) => other.value < value);
    top.splice(after < 0 ? top.length : after, 0, { item, value });
    if (top.length > most) top.pop();
  }
  return top.map(({ item }) => item);
}

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
    lost: (row: LabRow) => `${number(lost(row), 1)} of QoE lost`,
    qoe: (row: LabRow) => `QoE ${number(row.linearQoe, 1)}`,
    stall: (row: LabRow) => `${number(row.stallTime, 1)} s stalled`,
  }[order];
  const worst = highest(rows, badness, LISTED);
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
