import type { PlaybackEvent } from 'sluice';
import type { SessionSummary } from 'sluice/collector';
import { advance, EMPTY_TIMELINE, type PlaybackState, type Timeline } from 'sluice/qoe';
import { make } from '../src/page-element.ts';
import { fitted, roundUp, svg } from './chart.ts';
import { bytes, dateTime, duration, percent, rate, score, whole } from './numbers.ts';
import { type Column, card, table } from './table.ts';

type EventOf<T extends PlaybackEvent['type']> = Extract<PlaybackEvent, { readonly type: T }>;

/** Rows of a list shown before one asks for more. */
const FIRST = 200;

const LEFT = 74;

/** A stretch of session time in one state, s. */
interface Stretch {
  readonly state: PlaybackState;
  readonly from: number;
  readonly to: number;
}

/** What the plots need of a session, by the SDK's own fold. */
interface Course {
  readonly stretches: readonly Stretch[];
  readonly shown: readonly { readonly at: number; readonly bitrate: number }[];
  readonly buffer: readonly { readonly at: number; readonly level: number }[];
  readonly throughput: readonly { readonly at: number; readonly bitrate: number }[];
  readonly timeline: Timeline;
}

function courseOf(facts: readonly PlaybackEvent[]): Course {
  let timeline: Timeline = EMPTY_TIMELINE;
  const stretches: Stretch[] = [];
  const shown: { at: number; bitrate: number }[] = [];
  const buffer: { at: number; level: number }[] = [];
  const throughput: { at: number; bitrate: number }[] = [];
  for (const fact of facts) {
    const before = timeline;
    timeline = advance(timeline, fact);
    const { state } = before.machine;
    const last = stretches.at(-1);
    if (last?.state === state) stretches[stretches.length - 1] = { ...last, to: fact.at };
    else stretches.push({ state, from: before.at, to: fact.at });
    if (timeline.rendition !== before.rendition && timeline.rendition !== null)
      shown.push({ at: fact.at, bitrate: timeline.ladder[timeline.rendition]?.bitrate ?? 0 });
    if (fact.type === 'sample') buffer.push({ at: fact.at, level: fact.bufferLevel });
    if (fact.type === 'decision' && fact.inputs.throughput !== null)
      throughput.push({ at: fact.at, bitrate: fact.inputs.throughput });
  }
  return { stretches, shown, buffer, throughput, timeline };
}

const STATE_WORDS: Readonly<Partial<Record<PlaybackState, string>>> = {
  starting: 'start-up',
  playing: 'playing',
  rebuffering: 'stalled',
  seeking: 'seeking',
  paused: 'paused',
};

/** Words for a fact, for a person; texts of the facts are strangers' and only ever become text. */
function factWords(fact: PlaybackEvent): string {
  const { type: _, at: __, ...rest } = fact;
  const short = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  return JSON.stringify(rest, short).slice(1, -1).replaceAll('"', '').replaceAll(',', ', ').slice(0, 400);
}

function axis(
  plot: SVGSVGElement,
  width: number,
  top: number,
  height: number,
  most: number,
  words: (value: number) => string,
  title: string,
): (value: number) => number {
  const y = (value: number): number => top + (1 - Math.min(value / most, 1)) * height;
  for (const part of [0, 0.5, 1]) {
    plot.append(
      svg('line', { x1: LEFT, x2: width, y1: y(part * most), y2: y(part * most), class: 'grid' }),
      svg('text', { x: LEFT - 8, y: y(part * most) + 4, class: 'axis end' }, words(part * most)),
    );
  }
  plot.append(svg('text', { x: LEFT + 6, y: top + 13, class: 'axis title' }, title));
  return y;
}

type Place = (value: number) => number;

const path = (points: readonly { readonly at: number; readonly value: number }[], x: Place, y: Place): string =>
  points
    .map(({ at: time, value }, index) => `${index === 0 ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`)
    .join('');

/** An element that says more to whoever points at it. */
function told<E extends SVGElement>(shape: E, words: string): E {
  shape.append(svg('title', {}, words));
  return shape;
}

function drawStates(plot: SVGSVGElement, { stretches }: Course, x: Place): void {
  for (const { state, from, to } of stretches) {
    const words = STATE_WORDS[state];
    if (words === undefined) continue;
    const box = { x: x(from), width: Math.max(x(to) - x(from), 0.8) };
    const text = `${words}, ${duration(to - from)} from ${from.toFixed(1)} s`;
    plot.append(told(svg('rect', { ...box, y: 8, height: 20, class: `state ${state}` }), text));
    if (state === 'rebuffering' || state === 'starting')
      plot.append(svg('rect', { ...box, y: 40, height: 308, class: `shade ${state}` }));
  }
}

function drawBitrates(
  plot: SVGSVGElement,
  facts: readonly PlaybackEvent[],
  course: Course,
  width: number,
  x: Place,
): void {
  const { shown, throughput, timeline } = course;
  const rungs = timeline.ladder.map(({ bitrate }) => bitrate);
  // As high as the ladder, and as the estimate where that is not far above it.
  const top = rungs.at(-1) ?? 1;
  const most = throughput.reduce((highest, { bitrate }) => Math.max(highest, Math.min(bitrate, 2 * top)), top);
  const y = axis(plot, width, 40, 180, roundUp(Math.max(most * 1.05, top * 1.15)), rate, 'bitrate');
  for (const bitrate of rungs)
    plot.append(svg('line', { x1: LEFT, x2: width, y1: y(bitrate), y2: y(bitrate), class: 'rung' }));
  const estimate = throughput.map(({ at: time, bitrate }) => ({ at: time, value: bitrate }));
  plot.append(svg('path', { d: path(estimate, x, y), class: 'line estimate' }));
  const steps = shown.flatMap(({ at: time, bitrate }, index) => [
    { at: time, value: bitrate },
    { at: shown[index + 1]?.at ?? timeline.at, value: bitrate },
  ]);
  plot.append(svg('path', { d: path(steps, x, y), class: 'line tone-a' }));
  for (const fact of facts) {
    if (fact.type !== 'decision') continue;
    const place = { cx: x(fact.at), cy: y(rungs[fact.index] ?? 0), r: fact.trigger === 'abandon' ? 4.5 : 2.6 };
    plot.append(
      told(svg('circle', { ...place, class: `decision ${fact.trigger}` }), `${fact.at.toFixed(1)} s: ${fact.reason}`),
    );
  }
}

function drawBuffer(plot: SVGSVGElement, { buffer }: Course, width: number, x: Place): void {
  const fullest = roundUp(buffer.reduce((most, { level }) => Math.max(most, level), 1));
  const words = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const y = axis(plot, width, 240, 108, fullest, words, 'buffer');
  const [first] = buffer;
  const last = buffer.at(-1);
  if (!first || !last) return;
  const levels = buffer.map(({ at: time, level }) => ({ at: time, value: level }));
  const area = [{ at: first.at, value: 0 }, ...levels, { at: last.at, value: 0 }];
  plot.append(svg('path', { d: `${path(area, x, y)}Z`, class: 'area' }));
}

/** s between two marks of the time axis: a round number that gives at most so many. */
function tickEvery(end: number, most: number): number {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
  return steps.find((step) => end / step <= most) ?? end / most;
}

/** States, what was on screen with decisions and estimate, and the buffer, over session time. */
function drawCourse(facts: readonly PlaybackEvent[], course: Course, width: number): SVGSVGElement {
  const end = Math.max(course.timeline.at, 1);
  const x = (time: number): number => LEFT + (time / end) * (width - LEFT);
  const size = { width, height: 372, viewBox: `0 0 ${width} 372` };
  const plot = svg('svg', { ...size, class: 'course', role: 'img', 'aria-label': 'The session over time' });
  drawStates(plot, course, x);
  drawBitrates(plot, facts, course, width, x);
  drawBuffer(plot, course, width, x);
  for (const fact of facts) {
    if (fact.type !== 'error') continue;
    const mark = svg('text', { x: x(fact.at), y: 236, class: `mark ${fact.fatal ? 'fatal' : ''}` }, '✕');
    plot.append(told(mark, `${fact.at.toFixed(1)} s: ${fact.code}`));
  }
  const step = tickEvery(end, Math.max(Math.floor(width / 110), 2));
  for (let time = 0; time <= end; time += step) {
    const anchor = time === 0 ? '' : x(time) > width - 24 ? 'end' : 'middle';
    plot.append(svg('text', { x: x(time), y: 366, class: `axis ${anchor}` }, time < 60 ? `${time} s` : duration(time)));
  }
  return plot;
}

/** A list whose later rows come on demand. */
function longTable<T>(columns: readonly Column<T>[], rows: readonly T[], empty: string, caption: string): HTMLElement {
  const box = make('div', 'long');
  let shown = FIRST;
  const draw = (): void => {
    box.replaceChildren(table(columns, rows.slice(0, shown), empty, caption));
    if (rows.length <= shown) return;
    const more = make('button', 'button small', `Show more: ${whole(rows.length - shown)} left`);
    more.type = 'button';
    more.addEventListener('click', () => {
      shown += 10 * FIRST;
      draw();
    });
    box.append(more);
  };
  draw();
  return box;
}

const at = <T extends PlaybackEvent>(fact: T): string => `${fact.at.toFixed(2)} s`;

function decisions(facts: readonly PlaybackEvent[], ladder: Timeline['ladder']): HTMLElement {
  const rows = facts.filter((fact): fact is EventOf<'decision'> => fact.type === 'decision');
  const rung = (index: number | null): string => {
    const rendition = index === null ? undefined : ladder[index];
    return rendition === undefined ? '–' : `${rendition.height ?? '?'}p ${rate(rendition.bitrate)}`;
  };
  const columns: readonly Column<EventOf<'decision'>>[] = [
    { title: 'At', number: true, cell: at },
    { title: 'To', cell: ({ index }) => rung(index) },
    { title: 'Why', wrap: true, cell: ({ reason }) => reason },
    { title: 'From', cell: ({ from }) => rung(from) },
    { title: 'Estimate', number: true, cell: ({ inputs }) => rate(inputs.throughput) },
    { title: 'Buffer', number: true, cell: ({ inputs }) => duration(inputs.bufferLevel) },
    { title: 'Trigger', cell: ({ trigger }) => trigger },
  ];
  return card('Decisions', whole(rows.length), longTable(columns, rows, 'None.', 'Decisions'));
}

function requests(facts: readonly PlaybackEvent[]): HTMLElement {
  const rows = facts.filter((fact): fact is EventOf<'request'> => fact.type === 'request');
  const columns: readonly Column<EventOf<'request'>>[] = [
    { title: 'At', number: true, cell: ({ start }) => `${start.toFixed(2)} s` },
    { title: 'What', cell: ({ kind }) => kind },
    {
      title: 'Outcome',
      cell: ({ outcome, status, attempt }) =>
        `${outcome}${status === null ? '' : ` ${status}`}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
    },
    {
      title: 'First byte',
      number: true,
      cell: ({ start, firstByte }) => (firstByte === null ? '–' : duration(firstByte - start)),
    },
    { title: 'Took', number: true, cell: (fact) => duration(fact.at - fact.start) },
    { title: 'Size', number: true, cell: (fact) => bytes(fact.bytes) },
    { title: 'Cache', cell: ({ fromCache }) => (fromCache ? 'yes' : '') },
    { title: 'Address', wide: true, cell: ({ url }) => url },
  ];
  return card('Requests', whole(rows.length), longTable(columns, rows, 'None.', 'Requests'));
}

function errors(facts: readonly PlaybackEvent[]): HTMLElement {
  const rows = facts.filter((fact): fact is EventOf<'error'> => fact.type === 'error');
  const columns: readonly Column<EventOf<'error'>>[] = [
    { title: 'At', number: true, cell: at },
    { title: 'Code', cell: ({ code }) => code },
    { title: 'Ended playback', cell: ({ fatal }) => (fatal ? 'yes' : 'no') },
    { title: 'Status', number: true, cell: ({ status }) => (status === null ? '–' : String(status)) },
    { title: 'Message', wrap: true, cell: ({ message }) => message },
  ];
  return card('Errors', whole(rows.length), longTable(columns, rows, 'None.', 'Errors'));
}

function everyFact(facts: readonly PlaybackEvent[], held: number): HTMLElement {
  const columns: readonly Column<PlaybackEvent>[] = [
    { title: 'At', number: true, cell: at },
    { title: 'Fact', cell: ({ type }) => type },
    { title: 'What it says', wrap: true, cell: factWords },
  ];
  const save = make('button', 'button small', 'Save as NDJSON');
  save.type = 'button';
  save.addEventListener('click', () => {
    const text = facts.map((fact) => `${JSON.stringify(fact)}\n`).join('');
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
    link.download = 'session.ndjson';
    link.click();
    URL.revokeObjectURL(link.href);
  });
  const count = facts.length < held ? `the first ${whole(facts.length)} of ${whole(held)}` : whole(facts.length);
  const section = card('All facts', count, longTable(columns, facts, 'None.', 'All facts'));
  section.querySelector('.card-head')?.append(save);
  return section;
}

function readings(entries: readonly (readonly [name: string, value: string])[]): HTMLElement {
  const list = make('dl', 'readings');
  for (const [name, value] of entries) {
    const pair = make('div');
    pair.append(make('dt', '', name), make('dd', '', value));
    list.append(pair);
  }
  return list;
}

/** Parts of the score, by the name its terms have. */
const TERMS = {
  quality: 'Quality part',
  stability: 'Stability part',
  startup: 'Start-up part',
  buffering: 'Stall part',
};

function head(summary: SessionSummary): HTMLElement {
  const { metrics, terms, tags } = summary;
  const gaps = summary.lost + summary.missing;
  const known = Object.entries(tags).map(([name, value]) => `${name} = ${value}`);
  const section = card(
    summary.src,
    `started ${dateTime(summary.startedAt)}`,
    readings([
      ['Score', `${score(summary.normalised)} of 100`],
      ['Exact', summary.score === null ? '–' : summary.score.toFixed(4)],
      ...Object.entries(TERMS).flatMap(([name, words]) =>
        terms[name] === undefined ? [] : [[words, terms[name].toFixed(3)] as const],
      ),
      ['Start-up', duration(metrics.initialStartupTime)],
      [
        'Stalls',
        `${whole(metrics.playbackStallCount)}, ${duration(metrics.playbackStallDuration)} (${percent(metrics.rebufferRatio)})`,
      ],
      ['On screen', rate(metrics.averageBitrate)],
      ['Switches', `${whole(metrics.switches)}: ${whole(metrics.switchesUp)} up, ${whole(metrics.switchesDown)} down`],
      ['Watched', duration(metrics.watchedTime)],
      [
        'Position',
        `${duration(summary.position)} of ${summary.duration === null ? 'a live stream' : duration(summary.duration)}${summary.completed ? ', seen to the end' : ''}`,
      ],
      ['Delivered', bytes(metrics.bytesLoaded)],
      ['Frames dropped', `${whole(metrics.droppedFrames)} of ${whole(metrics.totalFrames)}`],
      ['State', summary.fatal === null ? summary.state : `failed: ${summary.fatal}`],
      ['Engine', summary.engine],
      ['Strategy', summary.strategy],
      ['Host', summary.host],
      [
        'Facts',
        gaps === 0
          ? whole(summary.facts)
          : `${whole(summary.facts)}; ${whole(summary.lost)} told lost, ${whole(summary.missing)} not here yet`,
      ],
      ['Sampled', summary.rate === 1 ? 'every session' : percent(summary.rate)],
      ...(known.length > 0 ? [['Tags', known.join(', ')] as const] : []),
    ]),
  );
  section.classList.add('wide');
  return section;
}

/** The page of one session: its numbers, its course, its decisions, requests and errors, and every fact. */
export function sessionView(summary: SessionSummary, facts: readonly PlaybackEvent[]): readonly HTMLElement[] {
  const course = courseOf(facts);
  const back = make('a', 'back', '← all sessions');
  back.href = '#/';
  const legend = make('p', 'legend');
  for (const [tone, words] of [
    ['state-playing', 'playing'],
    ['state-starting', 'start-up'],
    ['state-rebuffering', 'stalled'],
    ['state-seeking', 'seeking'],
    ['state-paused', 'paused'],
    ['tone-a', 'on screen'],
    ['estimate', 'estimate'],
    ['decision', 'decision'],
    ['abandon', 'download given up'],
  ] as const) {
    const item = make('span', 'legend-item');
    item.append(make('i', `swatch ${tone}`), make('span', '', words));
    legend.append(item);
  }
  const plotBox = make('div', 'plot course-box');
  fitted(plotBox, (width) => drawCourse(facts, course, width));
  const timeline = card(
    'The session, second by second',
    'point at a dot for the reason of a decision',
    plotBox,
    legend,
  );
  timeline.classList.add('wide');
  const grid = make('div', 'grid');
  const lists = [
    decisions(facts, course.timeline.ladder),
    requests(facts),
    errors(facts),
    everyFact(facts, summary.facts),
  ];
  // What they say is long: beside each other they would cut it off.
  for (const list of lists) list.classList.add('wide');
  grid.append(head(summary), timeline, ...lists);
  return [back, grid];
}
