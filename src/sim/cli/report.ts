import { compare, type Estimate, estimate, isDifferent, type Measure, type StrategySummary } from '../compare.ts';
import type { Movie } from '../movie.ts';
import { movieDuration } from '../movie.ts';
import type { NetworkTrace } from '../network-trace.ts';
import { type PlaySettings, type SessionRow, type StrategySet, simulateOptions } from '../play-trace.ts';
import { PROFILES } from '../profile.ts';
import { type LiveOptions, simulate } from '../simulate.ts';
import type { TraceSet } from './read-traces.ts';
import { cdfPlot, escapeHtml, type PlotSeries, scatterPlot, sessionPlot } from './report-plots.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { RowSet } from './summary-table.ts';

/** Everything a report is made of; `sets` and `rowSets` stand side by side. */
export interface ReportInput {
  readonly movie: Movie;
  readonly settings: PlaySettings;
  readonly strategies: readonly string[];
  /** What makes them, to draw sessions; those that are not in it are not drawn. */
  readonly set: StrategySet;
  readonly sets: readonly TraceSet[];
  readonly rowSets: readonly RowSet[];
}

interface Column {
  readonly name: string;
  /** Empty for mere numbers. */
  readonly in: string;
  readonly measure: Measure;
  readonly unit: number;
  readonly digits: number;
  /** Whether more of it is better. */
  readonly up: boolean;
}

const COLUMNS: readonly Column[] = [
  { name: 'QoE', in: '', measure: 'linearQoe', unit: 1, digits: 1, up: true },
  { name: 'of reachable', in: '%', measure: 'shareOfReachable', unit: 0.01, digits: 1, up: true },
  { name: 'bitrate', in: 'Mbit/s', measure: 'averageBitrate', unit: 1e6, digits: 2, up: true },
  { name: 'stalled', in: 's', measure: 'stallTime', unit: 1, digits: 2, up: false },
  { name: 'stalls', in: '', measure: 'stallCount', unit: 1, digits: 2, up: false },
  { name: 'start-up', in: 's', measure: 'startupTime', unit: 1, digits: 2, up: false },
  { name: 'behind live', in: 's', measure: 'liveLatency', unit: 1, digits: 2, up: false },
  { name: 'switches', in: '', measure: 'switches', unit: 1, digits: 1, up: false },
];

const titleOf = (column: Column): string => (column.in === '' ? column.name : `${column.name}, ${column.in}`);

/** As many as there are strategies. */
const COLOURS = 14;
/** Sessions of a strategy from which on their distribution is drawn. */
const FEWEST_DRAWN = 6;
/** Sessions drawn in the scatter: more would be a blot, and a large file. */
const MOST_DOTS = 4000;

/** A report that stands alone in one file: tables, plots as SVG, no script, nothing fetched; dark or light as the system has it. */
export function reportHtml(input: ReportInput): string {
  const { movie, settings, strategies, sets, rowSets } = input;
  const rows = rowSets.flatMap((set) => set.rows);
  const traces = sets.reduce((sum, set) => sum + set.traces.length, 0);
  const facts = [
    `${counted(traces, 'trace')} × ${strategies.length} ${strategies.length === 1 ? 'strategy' : 'strategies'} = ${counted(rows.length, 'session')}`,
    `movie ${movie.id}: ${movie.ladder.length} renditions, ${movie.durations.length} segments, ${Math.round(movieDuration(movie))} s`,
    `timing of ${settings.semantics ?? 'sabre'}, ${settings.maxBuffer ?? PROFILES[settings.semantics ?? 'sabre']().bufferTarget} s of buffer, abandonment ${settings.abandonment === false ? 'off' : 'on'}`,
    ...(settings.live ? [liveWords(settings.live)] : []),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark light">
<title>${escapeHtml(strategies.join(', '))} over ${counted(traces, 'trace')}</title><style>${REPORT_STYLE}</style></head>
<body><header><h1>${escapeHtml(strategies.join(', '))}</h1><p>${facts.map(escapeHtml).join(' · ')}</p>${legend(strategies)}</header>
<main>
${answer(rows, strategies)}
${rowSets.map((set) => tableSection(set)).join('\n')}
${rowSets.map((set) => modelSection(set)).join('\n')}
${plotSection(rows, strategies)}
${worstSection(input)}
${READING}
</main></body></html>
`;
}

function liveWords({ targetLatency, fastRate = 1 }: LiveOptions): string {
  const rate = fastRate === 1 ? 'never catching up' : `catching up at ${fastRate}×`;
  return `live, ${targetLatency} s behind the edge, ${rate}`;
}

function legend(strategies: readonly string[]): string {
  const entries = strategies.map((name, slot) => `<li><i class="key s${slot % COLOURS}"></i>${escapeHtml(name)}</li>`);
  return `<ul class="legend" aria-label="Colours">${entries.join('')}</ul>`;
}

/** What a person came for, in a sentence for each strategy. */
function answer(rows: readonly SessionRow[], strategies: readonly string[]): string {
  const [base, ...others] = compare(rows);
  if (base === undefined || others.length === 0) return '';
  const first = `<b>${escapeHtml(strategies[0] ?? '')}</b>`;
  const few = others.some(({ difference }) => difference?.linearQoe.low === null);
  const lines = others.flatMap(({ strategy, difference }) =>
    difference === null ? [] : [answerLine(`<b>${escapeHtml(strategy)}</b>`, first, difference)],
  );
  const traces = base.sessions === 1 ? 'One trace is' : `${base.sessions} traces are`;
  const caution = few
    ? `<p class="caution">${traces} an anecdote: with six or more there is an interval, which says whether the difference would hold on others like them.</p>`
    : '';
  return `<section><h2>The answer, and how sure it is</h2><ul class="answer">${lines.join('')}</ul>${caution}</section>`;
}

/** Better, worse or neither, by how much, and what it is made of. */
function answerLine(own: string, first: string, difference: NonNullable<StrategySummary['difference']>): string {
  const { linearQoe: qoe } = difference;
  const { low, high, mean, count } = qoe;
  const by = Math.abs(mean).toFixed(1);
  if (low === null || high === null) {
    const scored = Number(by) === 0 ? 'as much as' : mean > 0 ? `${by} more than` : `${by} less than`;
    const where = count === 1 ? 'this trace' : `these ${count} traces`;
    return `<li>On ${where}, ${own} scored ${scored} ${first} by linear QoE${reasons(difference, ({ mean: amount }) => amount !== 0)}.</li>`;
  }
  const verdict = isDifferent(qoe) ? (mean > 0 ? 'better' : 'worse') : 'same';
  const words = { better: 'is better than', worse: 'is worse than', same: 'cannot be told apart from' }[verdict];
  const why = verdict === 'same' ? '' : reasons(difference, isDifferent);
  const range = `${text(low, 1, 1)} … ${text(high, 1, 1)}`;
  return `<li class="${verdict}">${own} ${words} ${first} by linear QoE on these traces: ${signed(qoe, COLUMNS[0] as Column)} a session (95 %: ${range})${why}.</li>`;
}

/** What the difference is made of, as far as it counts as one. */
function reasons(
  difference: NonNullable<StrategySummary['difference']>,
  counts: (estimate: Estimate) => boolean,
): string {
  const parts = COLUMNS.slice(2).flatMap((column) => {
    const own = difference[column.measure];
    if (!counts(own) || Number(value(own.mean, column)) === 0) return [];
    return [`${column.name} ${signed(own, column)}${column.in === '' ? '' : ` ${column.in}`}`];
  });
  return parts.length === 0 ? '' : `. What differs: ${parts.join(', ')}`;
}

/** Mean scores by the QoE models that were asked for, with 95 % intervals; nothing where none was. */
function modelSection({ name, rows }: RowSet): string {
  const models = Object.keys(rows[0]?.scores ?? {});
  if (models.length === 0) return '';
  const strategies = [...new Set(rows.map(({ strategy }) => strategy))];
  const head = models.map((model) => `<th scope="col">${escapeHtml(model)}</th>`).join('');
  const body = strategies.map((strategy) => {
    const own = rows.filter((row) => row.strategy === strategy);
    const cells = models.map((model) => {
      const score = estimate(own.map((row) => row.scores?.[model] ?? null));
      return score === null ? '<td>–</td>' : `<td><b>${score.mean.toFixed(3)}</b>${smaller(score, 1, 3)}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(strategy)}</th>${cells.join('')}</tr>`;
  });
  return `<section><h2>${escapeHtml(name)}: scores by model</h2><p>Mean of the sessions, each model in its own scale; – where a model has nothing to go by.</p><div class="scroll" tabindex="0" role="region" aria-label="Scores of ${escapeHtml(name)}"><table><thead><tr><th scope="col">strategy</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div></section>`;
}

function tableSection({ name, rows }: RowSet): string {
  const summaries = compare(rows);
  const columns = COLUMNS.filter(({ measure }) => summaries.some(({ measures }) => measures[measure] !== null));
  const head = columns.map((column) => `<th scope="col">${titleOf(column)}</th>`).join('');
  const body = summaries.map(({ strategy, measures, difference }) => {
    const cells = columns.map((column) => {
      const own = measures[column.measure];
      if (own === null) return '<td>–</td>';
      const against = difference?.[column.measure];
      const verdict =
        against !== undefined && isDifferent(against) ? (against.mean > 0 === column.up ? 'better' : 'worse') : '';
      const mark = {
        better: ' <span class="mark">▲ better</span>',
        worse: ' <span class="mark">▼ worse</span>',
        '': '',
      }[verdict];
      const median = own.count === 1 ? '' : `<small>median ${value(own.median, column)}</small>`;
      return `<td class="${verdict}"><b>${value(own.mean, column)}</b>${mark}${smaller(own, column.unit, column.digits)}${median}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(strategy)}</th>${cells.join('')}</tr>`;
  });
  return `<section><h2>${escapeHtml(name)}</h2><p>${tableWords(summaries)}</p><div class="scroll" tabindex="0" role="region" aria-label="Table of ${escapeHtml(name)}"><table><thead><tr><th scope="col">strategy</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div></section>`;
}

function tableWords([first, second]: readonly StrategySummary[]): string {
  const sessions = first?.sessions ?? 0;
  const means = sessions === 1 ? '1 trace' : `${counted(sessions, 'trace')}; means`;
  if (first === undefined || (first.measures.linearQoe?.low ?? null) === null) return `${means}.`;
  const marks = second === undefined ? '' : ` Marks compare with ${escapeHtml(first.strategy)}, trace by trace.`;
  return `${means} with 95 % intervals.${marks}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function plotSection(rows: readonly SessionRow[], strategies: readonly string[]): string {
  const seriesOf = (pick: (row: SessionRow) => number | null): PlotSeries[] =>
    strategies.map((name, slot) => ({
      name,
      slot: slot % COLOURS,
      values: rows.filter(({ strategy }) => strategy === name).flatMap((row) => pick(row) ?? []),
    }));
  const plots = COLUMNS.map((column) =>
    cdfPlot(
      titleOf(column),
      seriesOf((row) => {
        const own = row[column.measure] ?? null;
        return own === null ? null : own / column.unit;
      }),
    ),
  ).filter((plot) => plot !== '');
  return `<section><h2>Every session: bitrate against stalling</h2><p>A dot is a session, a large one a strategy's mean. Further right is a better picture; higher up is less waiting.</p>${legend(strategies)}<figure>${wide(scatter(rows, strategies), 'Plot of every session')}</figure></section>
${rows.length < FEWEST_DRAWN * strategies.length ? '' : distributions(plots, strategies)}`;
}

function distributions(plots: readonly string[], strategies: readonly string[]): string {
  const figures = plots.map((plot) => `<figure>${plot}</figure>`).join('');
  return `<section><h2>Distributions</h2><p>The share of sessions at or below each value.</p>${legend(strategies)}<div class="plots">${figures}</div></section>`;
}

/** A plot that needs its width: on a narrow screen it is scrolled, not shrunk until nobody can read it. */
function wide(svg: string, label: string): string {
  return `<div class="scroll wide" tabindex="0" role="region" aria-label="${escapeHtml(label)}">${svg}</div>`;
}

function scatter(rows: readonly SessionRow[], strategies: readonly string[]): string {
  const every = Math.max(1, Math.ceil(rows.length / strategies.length / MOST_DOTS) * strategies.length);
  const drawn = rows.filter((_, at) => at % every < strategies.length);
  const pointOf = (row: Pick<SessionRow, 'averageBitrate' | 'stallTime' | 'strategy'>, name: string) => ({
    x: row.averageBitrate / 1e6,
    y: row.stallTime,
    slot: strategies.indexOf(row.strategy) % COLOURS,
    label: `${name}: ${(row.averageBitrate / 1e6).toFixed(2)} Mbit/s, ${row.stallTime.toFixed(1)} s stalled`,
  });
  const means = strategies.map((strategy) => {
    const own = rows.filter((row) => row.strategy === strategy);
    const mean = (of: (row: SessionRow) => number): number => own.reduce((sum, row) => sum + of(row), 0) / own.length;
    const averageBitrate = mean((row) => row.averageBitrate);
    return pointOf({ strategy, averageBitrate, stallTime: mean((row) => row.stallTime) }, strategy);
  });
  const points = drawn.map((row) => pointOf(row, `${row.strategy}, ${row.trace}`));
  return scatterPlot(points, means, ['average bitrate, Mbit/s', 'stalled, s']);
}

/** A session to draw, and why it is here. */
interface Drawn {
  readonly row: SessionRow;
  readonly trace: NetworkTrace;
  readonly why: string;
}

function worstSection(input: ReportInput): string {
  const figures = input.strategies
    .filter((strategy) => Object.hasOwn(input.set, strategy))
    .flatMap((strategy) => worstOf(input, strategy))
    .map((drawn) => sessionFigure(input, drawn));
  return `<section><h2>The worst sessions</h2><p>Of each strategy: the one with the lowest QoE, and the one in which it lost the most to the best of the others. Thin line: the network; thick line: what was on screen; area below: the buffer; shaded: waiting.</p>${figures.join('')}</section>`;
}

function worstOf({ sets, rowSets, strategies }: ReportInput, strategy: string): Drawn[] {
  const count = strategies.length;
  const at = strategies.indexOf(strategy);
  const all = rowSets.flatMap(({ rows }, set) =>
    (sets[set]?.traces ?? []).flatMap((trace, i) => {
      const group = rows.slice(i * count, (i + 1) * count);
      const row = group[at];
      const best = Math.max(...group.map(({ linearQoe }) => linearQoe));
      return row === undefined ? [] : [{ row, trace, lost: best - row.linearQoe }];
    }),
  );
  const lowest = all.reduce((a, b) => (b.row.linearQoe < a.row.linearQoe ? b : a));
  const lost = all.reduce((a, b) => (b.lost > a.lost ? b : a));
  const drawn: Drawn[] = [{ ...lowest, why: 'lowest QoE' }];
  if (lost.lost > 0 && lost.row !== lowest.row) {
    drawn.push({ ...lost, why: `lost ${lost.lost.toFixed(1)} of QoE to the best of the others` });
  }
  return drawn;
}

function sessionFigure({ movie, settings, strategies, set }: ReportInput, { row, trace, why }: Drawn): string {
  const create = set[row.strategy];
  if (create === undefined) return '';
  const { events } = simulate(simulateOptions(movie, trace, create(), settings));
  const words = `${row.strategy} on ${row.trace}: ${why}. QoE ${row.linearQoe.toFixed(1)}, ${(row.averageBitrate / 1e6).toFixed(2)} Mbit/s, ${row.stallTime.toFixed(1)} s stalled in ${counted(row.stallCount, 'stall')}, start-up ${row.startupTime.toFixed(2)} s, ${row.switches} switches`;
  const slot = strategies.indexOf(row.strategy) % COLOURS;
  return `<figure class="session s${slot}">${wide(sessionPlot(events, movie, trace, words), `Plot of ${row.strategy} on ${row.trace}`)}<figcaption>${escapeHtml(words)}.</figcaption></figure>`;
}

const READING = `<section><h2>How to read this</h2><dl>
<dt>QoE</dt><dd>Σ q − μ·(start-up + stalls) − Σ|Δq| over the session, q the bitrate of each segment in Mbit/s, μ the ladder's top (Yin et al., SIGCOMM 2015). A sum: it compares sessions of one movie only.</dd>
<dt>of reachable</dt><dd>Where between the lowest rendition throughout (0 %) and the best that any player could have done on the trace, knowing it beforehand (100 %).</dd>
<dt>intervals</dt><dd>95 % by the bootstrap over traces. They say how much another draw of traces like these would change the number; they say nothing of other networks. A difference whose interval holds 0 is none that one can be sure of.</dd>
<dt>medians</dt><dd>Outages of minutes dominate means: where mean and median disagree, a few traces make the difference.</dd></dl></section>`;

const text = (amount: number, unit: number, digits: number): string =>
  (amount / unit)
    .toFixed(digits)
    .replace(/^-(?=.*[1-9])/, '−')
    .replace(/^-/, '');
const value = (amount: number, { unit, digits }: Column): string => text(amount, unit, digits);
const signed = ({ mean }: Estimate, column: Column): string => `${mean > 0 ? '+' : ''}${value(mean, column)}`;
/** The interval under a mean; nothing where there is none. */
const smaller = ({ low, high }: Estimate, unit: number, digits: number): string =>
  low === null || high === null ? '' : `<small>${text(low, unit, digits)} … ${text(high, unit, digits)}</small>`;
