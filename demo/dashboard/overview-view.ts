import type { Comparison, ExperimentResult, Figures, Overview, SessionSummary, Sums } from 'sluice/collector';
import { make } from '../src/page-element.ts';
import { histogram, type Line, timeChart } from './chart.ts';
import { bytes, clock, dateTime, duration, percent, rate, score, share, whole } from './numbers.ts';
import { type Column, card, table } from './table.ts';

/** What the page keeps between two looks: which list, which line, which experiment. */
export interface Choices {
  order: 'worst' | 'newest';
  plot: PlotName;
  experiment: string | null;
}

/** Everything of one look. */
export interface Seen {
  readonly overview: Overview;
  readonly sessions: readonly SessionSummary[];
  readonly experiments: readonly string[];
  readonly experiment: ExperimentResult | null;
}

const watchedMs = (sums: Sums): number => sums.playingMs + sums.stalledMs + sums.startingMs + sums.seekingMs;
const stalledShare = (sums: Sums): number | null => share(sums.stalledMs, watchedMs(sums));
const bitrateOf = (sums: Sums): number | null => share(sums.kilobits * 1e6, sums.mediaMs);
const failedShare = (sums: Sums): number | null => share(sums.fatals, sums.started);

function tile(title: string, value: string, note: string, tone = ''): HTMLElement {
  const box = make('div', `tile ${tone}`.trim());
  box.append(make('p', 'tile-title', title), make('p', 'tile-value', value), make('p', 'tile-note', note));
  return box;
}

function tiles({ live, total }: Overview): HTMLElement {
  const { sums, startup, rebuffering, score: scores } = total;
  const stands = sums.startedWeight / 1000;
  const sampled = Math.abs(stands - sums.started) > 0.5 ? `, standing for ${whole(stands)}` : '';
  const row = make('div', 'tiles');
  row.append(
    tile('Watching now', whole(live), 'said something within 90 s', 'now'),
    tile('Sessions', whole(sums.started), `started${sampled}`),
    tile('QoE score', score(scores.p50), `median; a twentieth below ${score(scores.p5)}`),
    tile('Start-up', duration(startup.p50), `median; 95 % within ${duration(startup.p95)}`),
    tile('Stalled', percent(stalledShare(sums)), `of time watched; session p95 ${percent(rebuffering.p95)}`),
    tile('Failed', percent(failedShare(sums)), `${whole(sums.fatals)} fatal of ${whole(sums.errors)} errors`),
    tile('On screen', rate(bitrateOf(sums)), `mean; ${duration(sums.playingMs / 1000)} played`),
    tile(
      'Delivered',
      bytes(sums.bytes),
      `${whole(sums.requests)} requests, ${percent(share(sums.failedRequests, sums.requests))} failed`,
    ),
  );
  return row;
}

const PLOTS = {
  sessions: {
    title: 'Sessions',
    least: 4,
    format: whole,
    lines: (all: readonly Sums[]): Line[] => [
      { name: 'started', tone: 'tone-a', kind: 'bars', values: all.map(({ started }) => started) },
    ],
  },
  stalled: {
    title: 'Stalled',
    least: 0.01,
    format: percent,
    lines: (all: readonly Sums[]): Line[] => [
      { name: 'share of time watched', tone: 'tone-bad', kind: 'line', values: all.map(stalledShare) },
    ],
  },
  bitrate: {
    title: 'On screen',
    least: 1000,
    format: rate,
    lines: (all: readonly Sums[]): Line[] => [
      { name: 'mean bitrate', tone: 'tone-a', kind: 'line', values: all.map(bitrateOf) },
    ],
  },
  errors: {
    title: 'Errors',
    least: 4,
    format: whole,
    lines: (all: readonly Sums[]): Line[] => [
      { name: 'errors', tone: 'tone-warn', kind: 'bars', values: all.map(({ errors }) => errors) },
      { name: 'fatal', tone: 'tone-bad', kind: 'bars', values: all.map(({ fatals }) => fatals) },
    ],
  },
  watched: {
    title: 'Watching',
    least: 1,
    format: (value: number) => value.toFixed(1),
    lines: (all: readonly Sums[], width: number): Line[] => [
      {
        name: 'at the same time, mean',
        tone: 'tone-good',
        kind: 'line',
        values: all.map((sums) => watchedMs(sums) / width),
      },
    ],
  },
} as const;

/** A name of a plot over time. */
export type PlotName = keyof typeof PLOTS;

function choice<T extends string>(
  legend: string,
  names: Readonly<Record<T, string>>,
  chosen: T,
  choose: (name: T) => void,
): HTMLElement {
  const set = make('fieldset', 'segmented');
  set.append(make('legend', 'visually-hidden', legend));
  for (const [name, title] of Object.entries(names) as [T, string][]) {
    const label = make('label');
    const input = make('input');
    input.type = 'radio';
    input.name = legend;
    input.value = name;
    input.checked = name === chosen;
    input.addEventListener('change', () => choose(name));
    label.append(input, make('span', '', title));
    set.append(label);
  }
  return set;
}

/** The series with a point for each stretch of the window: those in which nothing was are zero. */
function points({ from, to, width, series }: Overview, empty: Sums): { time: number; sums: Sums }[] {
  const known = new Map(series.map(({ time, sums }) => [time, sums]));
  const all: { time: number; sums: Sums }[] = [];
  for (let time = Math.floor(from / width) * width; time < to; time += width)
    all.push({ time, sums: known.get(time) ?? empty });
  return all;
}

function overTime(overview: Overview, choices: Choices, again: () => void): HTMLElement {
  const empty = Object.fromEntries(Object.keys(overview.total.sums).map((name) => [name, 0])) as unknown as Sums;
  const all = points(overview, empty);
  const plot = PLOTS[choices.plot];
  const titles = Object.fromEntries(Object.entries(PLOTS).map(([name, { title }]) => [name, title])) as Record<
    PlotName,
    string
  >;
  const pick = choice('Plot', titles, choices.plot, (name) => {
    choices.plot = name;
    again();
  });
  const chart = timeChart({
    label: `${plot.title} over time`,
    times: all.map(({ time }) => time),
    lines: plot.lines(
      all.map(({ sums }) => sums),
      overview.width,
    ),
    least: plot.least,
    format: plot.format,
    formatTime: (time) => clock(time, overview.to - overview.from),
  });
  const section = card('Over time', `a point is ${duration(overview.width / 1000)}`, chart);
  section.querySelector('.card-head')?.append(pick);
  section.classList.add('wide');
  return section;
}

type Named = Figures & { readonly name: string };

const groupColumns: readonly Column<Named>[] = [
  { title: 'Name', wide: true, cell: ({ name }) => name },
  { title: 'Sessions', number: true, cell: ({ sums }) => whole(sums.started) },
  {
    title: 'Score, 0 to 100',
    cell: ({ name, scores }) =>
      histogram(
        scores,
        `Scores of ${name}`,
        (bar) => `${bar * 5} to ${bar * 5 + 5}: ${whole(scores[bar] ?? 0)} sessions`,
      ),
  },
  { title: 'p5', number: true, cell: ({ score: scores }) => score(scores.p5) },
  { title: 'Median', number: true, cell: ({ score: scores }) => score(scores.p50) },
  { title: 'p95', number: true, cell: ({ score: scores }) => score(scores.p95) },
];

const paceColumns: readonly Column<Named>[] = [
  { title: 'Name', wide: true, cell: ({ name }) => name },
  { title: 'Start-up p50', number: true, cell: ({ startup }) => duration(startup.p50) },
  { title: 'p75', number: true, cell: ({ startup }) => duration(startup.p75) },
  { title: 'p95', number: true, cell: ({ startup }) => duration(startup.p95) },
  { title: 'p99', number: true, cell: ({ startup }) => duration(startup.p99) },
  { title: 'Stalled p50', number: true, cell: ({ rebuffering }) => percent(rebuffering.p50) },
  { title: 'p75', number: true, cell: ({ rebuffering }) => percent(rebuffering.p75) },
  { title: 'p95', number: true, cell: ({ rebuffering }) => percent(rebuffering.p95) },
  { title: 'p99', number: true, cell: ({ rebuffering }) => percent(rebuffering.p99) },
];

type Shared = { readonly name: string; readonly sums: Sums };

function bar(value: number, of: number): HTMLElement {
  const meter = document.createElement('meter');
  meter.min = 0;
  meter.max = of > 0 ? of : 1;
  meter.value = value;
  return meter;
}

/** Rows that something came from or was seen in; a session that ended before its first request has neither. */
const used = (rows: readonly Shared[]): readonly Shared[] =>
  rows.filter(({ sums }) => sums.playingMs > 0 || sums.requests > 0);

function sharedColumns(rows: readonly Shared[]): readonly Column<Shared>[] {
  const most = Math.max(...rows.map(({ sums }) => sums.playingMs), 0);
  return [
    { title: 'Name', wide: true, cell: ({ name }) => name },
    { title: 'Played', cell: ({ sums }) => bar(sums.playingMs, most) },
    { title: 'Time', number: true, cell: ({ sums }) => duration(sums.playingMs / 1000) },
    { title: 'Stalled', number: true, cell: ({ sums }) => percent(stalledShare(sums)) },
    { title: 'Requests failed', number: true, cell: ({ sums }) => percent(share(sums.failedRequests, sums.requests)) },
    { title: 'Delivered', number: true, cell: ({ sums }) => bytes(sums.bytes) },
  ];
}

const errorColumns: readonly Column<Overview['errors'][number]>[] = [
  { title: 'Code', wide: true, cell: ({ code }) => code },
  { title: 'Ended playback', cell: ({ fatal }) => (fatal ? 'yes' : 'no') },
  { title: 'Times', number: true, cell: ({ count }) => whole(count) },
];

/** A link to a session; its id is a stranger's text, and goes into the address encoded. */
function sessionLink(sid: string, text: string): HTMLElement {
  const link = make('a', 'session-link', text);
  link.href = `#/session/${encodeURIComponent(sid)}`;
  return link;
}

const sessionColumns: readonly Column<SessionSummary>[] = [
  { title: 'Started', cell: ({ sid, startedAt }) => sessionLink(sid, dateTime(startedAt)) },
  { title: 'Score', number: true, cell: ({ normalised }) => score(normalised) },
  { title: 'State', cell: ({ state, fatal }) => (fatal === null ? state : `failed: ${fatal}`) },
  { title: 'Start-up', number: true, cell: ({ metrics }) => duration(metrics.initialStartupTime) },
  { title: 'Stalled', number: true, cell: ({ metrics }) => percent(metrics.rebufferRatio) },
  { title: 'Stalls', number: true, cell: ({ metrics }) => whole(metrics.playbackStallCount) },
  { title: 'On screen', number: true, cell: ({ metrics }) => rate(metrics.averageBitrate) },
  { title: 'Watched', number: true, cell: ({ metrics }) => duration(metrics.watchedTime) },
  { title: 'Engine', cell: ({ engine }) => engine },
  { title: 'Strategy', cell: ({ strategy }) => strategy },
  { title: 'Host', cell: ({ host }) => host },
  { title: 'Source', wide: true, cell: ({ src }) => src },
];

const NO_SESSIONS = {
  worst: 'No session of this time has a score yet.',
  newest: 'No session started in this time.',
} as const;

function sessionList({ sessions }: Seen, choices: Choices, again: () => void): HTMLElement {
  const pick = choice('Order', { worst: 'Worst', newest: 'Newest' }, choices.order, (order) => {
    choices.order = order;
    again();
  });
  const section = card(
    choices.order === 'worst' ? 'Worst sessions' : 'Newest sessions',
    'open one to see what happened',
    table(sessionColumns, sessions, NO_SESSIONS[choices.order], 'Sessions'),
  );
  section.querySelector('.card-head')?.append(pick);
  section.classList.add('wide');
  return section;
}

const METRIC_WORDS: Readonly<Record<Comparison['metric'], readonly [name: string, format: (value: number) => string]>> =
  {
    score: ['QoE score', (value) => value.toFixed(2)],
    startup: ['Start-up', (value) => `${value.toFixed(3)} s`],
    rebuffering: ['Stalled', (value) => `${(value * 100).toFixed(2)} %`],
    bitrate: ['On screen', (value) => `${value.toFixed(2)} Mbit/s`],
    watched: ['Watched', (value) => `${value.toFixed(2)} min`],
    failure: ['Failed', (value) => `${(value * 100).toFixed(2)} %`],
  };

const signed = (value: number, format: (value: number) => string): string =>
  `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;

function experimentTable(result: ExperimentResult): HTMLElement {
  const rows = result.variants.flatMap(({ variant, sessions, comparisons }) =>
    comparisons.map((comparison) => ({ variant, sessions, comparison, isControl: variant === result.control })),
  );
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: 'Metric', cell: ({ comparison }) => METRIC_WORDS[comparison.metric][0] },
    {
      title: 'Variant',
      wide: true,
      cell: ({ variant, isControl }) => (isControl && variant !== 'control' ? `${variant} (control)` : variant),
    },
    { title: 'Sessions', number: true, cell: ({ comparison }) => whole(comparison.n) },
    {
      title: 'Mean',
      number: true,
      cell: ({ comparison: { metric, mean } }) => (mean === null ? '–' : METRIC_WORDS[metric][1](mean)),
    },
    {
      title: 'Difference',
      number: true,
      cell: ({ comparison: { metric, difference } }) =>
        difference === null ? '–' : signed(difference, METRIC_WORDS[metric][1]),
    },
    {
      title: '95 % interval',
      number: true,
      cell: ({ comparison: { metric, interval } }) =>
        interval === null
          ? '–'
          : `${signed(interval[0], METRIC_WORDS[metric][1])} … ${signed(interval[1], METRIC_WORDS[metric][1])}`,
    },
    {
      title: 'Would show',
      number: true,
      cell: ({ comparison: { metric, detectable } }) =>
        detectable === null ? '–' : `from ${METRIC_WORDS[metric][1](detectable)}`,
    },
    {
      title: 'Verdict',
      cell: ({ comparison, isControl }) =>
        isControl ? '' : make('span', `verdict ${comparison.verdict.split(' ')[0]}`, comparison.verdict),
    },
  ];
  const byMetric = rows.sort((a, b) => metricOrder(a.comparison) - metricOrder(b.comparison));
  return table(columns, byMetric, 'No session was exposed to it.', `Experiment ${result.experiment}`);
}

const metricOrder = ({ metric }: Comparison): number => Object.keys(METRIC_WORDS).indexOf(metric);

function experimentCard({ experiments, experiment }: Seen, choices: Choices, again: () => void): HTMLElement {
  if (experiments.length === 0 || experiment === null) {
    const how =
      'Give sessions the tag ab.<experiment> with the name of their variant, and their comparison stands here.';
    const section = card('Experiments', '', make('p', 'empty', how));
    section.classList.add('wide');
    return section;
  }
  const warnings = experiment.warnings.map((text) => make('p', 'warning', text));
  const section = card('Experiments', 'decide by one metric, and look once', ...warnings, experimentTable(experiment));
  const select = make('select');
  select.setAttribute('aria-label', 'Experiment');
  for (const name of experiments) {
    const option = make('option', '', name);
    option.value = name;
    option.selected = name === experiment.experiment;
    select.append(option);
  }
  select.addEventListener('change', () => {
    choices.experiment = select.value;
    again();
  });
  section.querySelector('.card-head')?.append(select);
  section.classList.add('wide');
  return section;
}

/** The page of all sessions. `again` is called when a choice changes what has to be asked or drawn. */
export function overviewView(seen: Seen, choices: Choices, again: () => void): readonly HTMLElement[] {
  const { overview } = seen;
  const nothing = 'Nothing was watched in this time.';
  const errors = card('Errors', 'by code', table(errorColumns, overview.errors, 'No errors in this time.', 'Errors'));
  errors.classList.add('wide');
  const grid = make('div', 'grid');
  grid.append(
    overTime(overview, choices, again),
    card(
      'QoE by strategy',
      'sessions that started in this time',
      table(groupColumns, overview.byStrategy, nothing, 'QoE by strategy'),
    ),
    card(
      'QoE by engine',
      'sessions that started in this time',
      table(groupColumns, overview.byEngine, nothing, 'QoE by engine'),
    ),
    card(
      'Start-up and stalls by strategy',
      'percentiles of sessions, to within 1 %',
      table(paceColumns, overview.byStrategy, nothing, 'Start-up and stalls by strategy'),
    ),
    card(
      'Start-up and stalls by engine',
      'percentiles of sessions, to within 1 %',
      table(paceColumns, overview.byEngine, nothing, 'Start-up and stalls by engine'),
    ),
    card(
      'By host',
      'where the segments came from',
      table(sharedColumns(overview.byHost), used(overview.byHost), nothing, 'By host'),
    ),
    card(
      'By rendition',
      'what was on screen',
      table(sharedColumns(overview.byRendition), used(overview.byRendition), nothing, 'By rendition'),
    ),
    sessionList(seen, choices, again),
    errors,
    experimentCard(seen, choices, again),
  );
  return [tiles(overview), grid];
}
