import type { PlaybackEvent } from 'sluice';
import type { SessionSummary } from 'sluice/collector';
import { advance, EMPTY_TIMELINE, type PlaybackState, type Timeline } from 'sluice/qoe';
import { make } from '../src/page-element.ts';
import { roundUp, svg } from './chart.ts';
import { bytes, dateTime, duration, percent, rate, score, whole } from './numbers.ts';
import { type Column, card, table } from './table.ts';

type EventOf<T extends PlaybackEvent['type']> = Extract<PlaybackEvent, { readonly type: T }>;

/** Rows of a list shown before one asks for more. */
const FIRST = 200;

const WIDTH = 1200;
const LEFT = 70;

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
  return JSON.stringify(rest).slice(1, -1).replaceAll('"', '').replaceAll(',', ', ').slice(0, 400);
}

function axis(
  plot: SVGSVGElement,
  top: number,
  height: number,
  most: number,
  words: (value: number) => string,
  title: string,
): (value: number) => number {
  const y = (value: number): number => top + (1 - Math.min(value / most, 1)) * height;
  for (const part of [0, 0.5, 1]) {
    plot.append(
      svg('line', { x1: LEFT, x2: WIDTH, y1: y(part * most), y2: y(part * most), class: 'grid' }),
      svg('text', { x: LEFT - 8, y: y(part * most) + 4, class: 'axis end' }, words(part * most)),
    );
  }
  plot.append(svg('text', { x: LEFT + 6, y: top + 13, class: 'axis title' }, title));
  return y;
}

/** Decisions, states, what was on screen, buffer and estimate over session time. */
function coursePlot(
  facts: readonly PlaybackEvent[],
  { stretches, shown, buffer, throughput, timeline }: Course,
): SVGSVGElement {
  const end = Math.max(timeline.at, 1);
  const x = (at: number): number => LEFT + (at / end) * (WIDTH - LEFT);
  const plot = svg('svg', {
    viewBox: `0 0 ${WIDTH} 372`,
    class: 'course',
    role: 'img',
    'aria-label': 'The session over time',
  });
  for (const { state, from, to } of stretches) {
    const words = STATE_WORDS[state];
    if (words === undefined) continue;
    const box = svg('rect', {
      x: x(from),
      y: 8,
      width: Math.max(x(to) - x(from), 0.8),
      height: 20,
      class: `state ${state}`,
    });
    box.append(svg('title', {}, `${words}, ${duration(to - from)} from ${from.toFixed(1)} s`));
    plot.append(box);
    if (state === 'rebuffering' || state === 'starting')
      plot.append(
        svg('rect', { x: x(from), y: 40, width: Math.max(x(to) - x(from), 0.8), height: 308, class: `shade ${state}` }),
      );
  }
  const rungs = timeline.ladder.map(({ bitrate }) => bitrate);
  const most = roundUp(Math.max(...rungs, 1) * 1.15);
  const y = axis(plot, 40, 180, most, (value) => rate(value), 'bitrate');
  for (const bitrate of rungs)
    plot.append(svg('line', { x1: LEFT, x2: WIDTH, y1: y(bitrate), y2: y(bitrate), class: 'rung' }));
  const estimate = throughput.map(
    ({ at, bitrate }, index) => `${index === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(bitrate).toFixed(1)}`,
  );
  plot.append(svg('path', { d: estimate.join(''), class: 'line tone-good thin' }));
  let steps = '';
  for (const [index, { at, bitrate }] of shown.entries())
    steps += `${index === 0 ? `M${x(at).toFixed(1)}` : `H${x(at).toFixed(1)}V`}${index === 0 ? ` ${y(bitrate).toFixed(1)}` : y(bitrate).toFixed(1)}`;
  if (steps !== '') plot.append(svg('path', { d: `${steps}H${x(end).toFixed(1)}`, class: 'line tone-a' }));
  for (const fact of facts) {
    if (fact.type !== 'decision') continue;
    const dot = svg('circle', {
      cx: x(fact.at),
      cy: y(rungs[fact.index] ?? 0),
      r: fact.trigger === 'abandon' ? 4.5 : 2.6,
      class: `decision ${fact.trigger}`,
    });
    dot.append(svg('title', {}, `${fact.at.toFixed(1)} s: ${fact.reason}`));
    plot.append(dot);
  }
  const fullest = roundUp(Math.max(...buffer.map(({ level }) => level), 1));
  const deep = axis(plot, 240, 108, fullest, (value) => `${value.toFixed(value < 10 ? 1 : 0)} s`, 'buffer');
  if (buffer.length > 0) {
    const line = buffer.map(({ at, level }) => `L${x(at).toFixed(1)} ${deep(level).toFixed(1)}`).join('');
    const [first, last] = [x(buffer[0]?.at ?? 0), x(buffer.at(-1)?.at ?? 0)];
    plot.append(
      svg('path', { d: `M${first.toFixed(1)} ${deep(0)}${line}L${last.toFixed(1)} ${deep(0)}Z`, class: 'area' }),
    );
  }
  for (const fact of facts) {
    if (fact.type !== 'error') continue;
    const mark = svg('text', { x: x(fact.at), y: 236, class: `mark ${fact.fatal ? 'fatal' : ''}` }, '✕');
    mark.append(svg('title', {}, `${fact.at.toFixed(1)} s: ${fact.code}`));
    plot.append(mark);
  }
  for (let tick = 0; tick <= 8; tick += 1) {
    const at = (tick / 8) * end;
    plot.append(
      svg('text', { x: x(at), y: 366, class: `axis ${tick === 8 ? 'end' : tick === 0 ? '' : 'middle'}` }, duration(at)),
    );
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
    { title: 'Trigger', cell: ({ trigger }) => trigger },
    { title: 'From', cell: ({ from }) => rung(from) },
    { title: 'To', cell: ({ index }) => rung(index) },
    { title: 'Estimate', number: true, cell: ({ inputs }) => rate(inputs.throughput) },
    { title: 'Buffer', number: true, cell: ({ inputs }) => duration(inputs.bufferLevel) },
    { title: 'Why', wide: true, cell: ({ reason }) => reason },
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
    { title: 'Message', wide: true, cell: ({ message }) => message },
  ];
  return card('Errors', whole(rows.length), longTable(columns, rows, 'None.', 'Errors'));
}

function everyFact(facts: readonly PlaybackEvent[]): HTMLElement {
  const columns: readonly Column<PlaybackEvent>[] = [
    { title: 'At', number: true, cell: at },
    { title: 'Fact', cell: ({ type }) => type },
    { title: 'What it says', wide: true, cell: factWords },
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
  const section = card('All facts', whole(facts.length), longTable(columns, facts, 'None.', 'All facts'));
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

const TERMS: readonly string[] = ['quality', 'stability', 'startup', 'buffering'];

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
      ...TERMS.filter((name) => name in terms).map((name) => [name, terms[name]?.toFixed(3) ?? '–'] as const),
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
    ['tone-good', 'estimate'],
  ] as const)
    legend.append(make('i', `swatch ${tone}`), make('span', '', words));
  const timeline = card(
    'The session, second by second',
    'point at a dot for the reason of a decision',
    coursePlot(facts, course),
    legend,
  );
  timeline.classList.add('wide');
  const grid = make('div', 'grid');
  grid.append(
    head(summary),
    timeline,
    decisions(facts, course.timeline.ladder),
    requests(facts),
    errors(facts),
    everyFact(facts),
  );
  return [back, grid];
}
