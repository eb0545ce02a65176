import type { PlaybackEvent } from '../../media/playback-event.ts';
import { quantile } from '../compare.ts';
import type { Movie } from '../movie.ts';
import { type NetworkTrace, networkPeriodAt } from '../network-trace.ts';
import { bufferCurve, waits } from '../session-curves.ts';

/** Text that is safe inside HTML and its attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Values of one strategy, to be drawn in its colour: `slot` counts strategies from 0. */
export interface PlotSeries {
  readonly name: string;
  readonly slot: number;
  readonly values: readonly number[];
}

const WIDTH = 460;
const HEIGHT = 270;
const LEFT = 52;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 40;

/** Even steps that a person would choose, from the first at or above `low` to `high`. */
export function ticks(low: number, high: number, most = 6): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => span / candidate <= most) ?? span;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => tidy((first + i) * step));
}

const tidy = (value: number): number => Number(value.toPrecision(12));
const round = (value: number): string => value.toFixed(1);

interface Axis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly format?: (value: number) => string;
}

interface Frame {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly svg: (inside: string, label: string) => string;
}

function frame(across: Axis, up: Axis, width = WIDTH, height = HEIGHT): Frame {
  const x = (value: number): number =>
    LEFT + ((value - across.low) / (across.high - across.low || 1)) * (width - LEFT - RIGHT);
  const y = (value: number): number =>
    height - BOTTOM - ((value - up.low) / (up.high - up.low || 1)) * (height - TOP - BOTTOM);
  const format = (axis: Axis, value: number): string => axis.format?.(value) ?? String(value);
  const columns = ticks(across.low, across.high).map(
    (value) =>
      `<line class="grid" x1="${round(x(value))}" x2="${round(x(value))}" y1="${TOP}" y2="${height - BOTTOM}"/><text class="tick" text-anchor="middle" x="${round(x(value))}" y="${height - BOTTOM + 16}">${format(across, value)}</text>`,
  );
  const rows = ticks(up.low, up.high, 5).map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${round(y(value))}" y2="${round(y(value))}"/><text class="tick" text-anchor="end" x="${LEFT - 6}" y="${round(y(value) + 4)}">${format(up, value)}</text>`,
  );
  const titles = `<text class="title" text-anchor="middle" x="${(LEFT + width - RIGHT) / 2}" y="${height - 6}">${escapeHtml(across.title)}</text><text class="title" text-anchor="middle" transform="translate(12 ${(TOP + height - BOTTOM) / 2}) rotate(-90)">${escapeHtml(up.title)}</text>`;
  const svg = (inside: string, label: string): string =>
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${columns.join('')}${rows.join('')}${titles}${inside}</svg>`;
  return { x, y, svg };
}

/** Room at both ends of what is drawn. */
function bounds(values: readonly number[]): { low: number; high: number } {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = (high - low || Math.abs(high) || 1) * 0.04;
  return { low: low >= 0 ? Math.max(0, low - room) : low - room, high: high + room };
}

/**
 * Share of sessions at or below each value, a line a strategy. Where a few sessions lie far out, the axis ends at the 2nd and 98th
 * hundredth, and says so.
 */
export function cdfPlot(title: string, series: readonly PlotSeries[]): string {
  const all = series.flatMap(({ values }) => values).sort((a, b) => a - b);
  if (all.length === 0) return '';
  const inner = { low: quantile(all, 0.02), high: quantile(all, 0.98) };
  const whole = bounds(all);
  const far = whole.high - whole.low > 3 * (inner.high - inner.low) && inner.high > inner.low;
  const range = far ? bounds([inner.low, inner.high]) : whole;
  const plot = frame(
    { title: far ? `${title} (98 of 100 sessions)` : title, ...range },
    { title: 'share of sessions', low: 0, high: 1, format: (value) => `${Math.round(value * 100)} %` },
  );
  const lines = series.map(({ name, slot, values }) => {
    const sorted = values.toSorted((a, b) => a - b);
    let path = '';
    for (const [i, value] of sorted.entries()) {
      const at = round(plot.x(Math.min(Math.max(value, range.low), range.high)));
      path += `${i === 0 ? 'M' : 'L'}${at} ${round(plot.y(i / sorted.length))}V${round(plot.y((i + 1) / sorted.length))}`;
    }
    return `<path class="line s${slot}" d="${path}"><title>${escapeHtml(name)}: median ${short(quantile(sorted, 0.5))}</title></path>`;
  });
  const medians = series.map(
    ({ name, values }) =>
      `${name} ${short(
        quantile(
          values.toSorted((a, b) => a - b),
          0.5,
        ),
      )}`,
  );
  return plot.svg(lines.join(''), `Distribution of ${title}. Medians: ${medians.join(', ')}.`);
}

/** One session in a scatter: where it is, and what to say of it. */
export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly slot: number;
  readonly label: string;
}

/**
 * Each session as a dot and each strategy's mean as a large one: right is a better picture, up is less waiting. The axis of waiting is
 * by its square root, so that 1 s and 100 s are both to be seen.
 */
export function scatterPlot(
  points: readonly ScatterPoint[],
  means: readonly ScatterPoint[],
  titles: readonly [across: string, up: string],
): string {
  if (points.length === 0) return '';
  const waited = points.map(({ y }) => y).sort((a, b) => a - b);
  const usual = Math.max(1, quantile(waited, 0.98) * 1.1);
  const most = (waited.at(-1) ?? 0) > 2 * usual ? usual : Math.max(1, waited.at(-1) ?? 0);
  const far = waited.filter((value) => value > most).length;
  const across = bounds(points.map(({ x }) => x));
  const root = (value: number): number => Math.sqrt(Math.min(Math.max(value, 0), most));
  const marks = [0, 1, 5, 20, 60, 180, 600, 1800, 6000].filter((value) => value <= most * 1.05);
  const plot = frame(
    { title: titles[0], ...across },
    {
      title: far === 0 ? titles[1] : `${titles[1]} (${far} with more at the edge)`,
      low: -root(most) * 1.04,
      high: root(most) * 0.03,
      format: () => '',
    },
    940,
    360,
  );
  const rows = marks.map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${940 - RIGHT}" y1="${round(plot.y(-root(value)))}" y2="${round(plot.y(-root(value)))}"/><text class="tick" text-anchor="end" x="${LEFT - 6}" y="${round(plot.y(-root(value)) + 4)}">${value}</text>`,
  );
  const dots = points.map(
    ({ x, y, slot, label }) =>
      `<circle class="dot s${slot}" cx="${round(plot.x(x))}" cy="${round(plot.y(-root(y)))}" r="2.6"><title>${escapeHtml(label)}</title></circle>`,
  );
  const centres = means.map(
    ({ x, y, slot, label }) =>
      `<g class="centre s${slot}"><circle cx="${round(plot.x(x))}" cy="${round(plot.y(-root(y)))}" r="7"/><title>${escapeHtml(label)}</title></g>`,
  );
  const words = means.map(({ label }) => label).join('; ');
  const svg = plot.svg(
    `${rows.join('')}${dots.join('')}${centres.join('')}`,
    `${titles[0]} against ${titles[1]}. Means: ${words}.`,
  );
  // The frame's own rows are of the square root; those drawn here are the ones to read.
  return svg.replace(
    /<line class="grid" x1="52" x2="930"[^>]*\/><text class="tick" text-anchor="end"[^>]*><\/text>/g,
    '',
  );
}

const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

/** What one session was like over its time: network and rendition above, buffer below, stalls shaded. */
export function sessionPlot(
  events: readonly PlaybackEvent[],
  movie: Movie,
  trace: NetworkTrace,
  label: string,
): string {
  const end = events.at(-1)?.at ?? 1;
  const height = 260;
  const split = 160;
  const x = (at: number): number => LEFT + (at / end) * (940 - LEFT - RIGHT);
  const top = (movie.ladder.at(-1)?.bitrate ?? 1) * 1.15;
  const rate = (value: number): number => TOP + (1 - Math.min(value / top, 1)) * (split - TOP);
  const levels = bufferCurve(events);
  const fullest = Math.max(1, ...levels.map(([, level]) => level));
  const buffer = (value: number): number => height - BOTTOM - (value / fullest) * (height - BOTTOM - split - 16);
  const network = Array.from({ length: 440 }, (_, i) => {
    const at = ((i + 0.5) / 440) * end;
    return `${i === 0 ? 'M' : 'L'}${round(x(at))} ${round(rate(networkPeriodAt(trace, at).bandwidth))}`;
  }).join('');
  const shown = renditionSteps(events).map(([at, index], i, steps) => {
    const until = steps[i + 1]?.[0] ?? end;
    const y = round(rate(movie.ladder[index]?.bitrate ?? 0));
    return `${i === 0 ? `M${round(x(at))} ${y}` : `V${y}`}H${round(x(until))}`;
  });
  const area = levels.map(([at, level], i) => `${i === 0 ? 'M' : 'L'}${round(x(at))} ${round(buffer(level))}`).join('');
  const shades = waits(events).map(
    ([from, to]) =>
      `<rect class="stall" x="${round(x(from))}" y="${TOP}" width="${round(Math.max(x(to) - x(from), 0.8))}" height="${height - TOP - BOTTOM}"/>`,
  );
  const grid = ticks(0, top / 1e6, 4).map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="930" y1="${round(rate(value * 1e6))}" y2="${round(rate(value * 1e6))}"/><text class="tick" text-anchor="end" x="${LEFT - 6}" y="${round(rate(value * 1e6) + 4)}">${value}</text>`,
  );
  const times = ticks(0, end, 10).map(
    (value) =>
      `<text class="tick" text-anchor="middle" x="${round(x(value))}" y="${height - BOTTOM + 16}">${value}</text>`,
  );
  const titles = `<text class="title" text-anchor="middle" transform="translate(12 ${(TOP + split) / 2}) rotate(-90)">Mbit/s</text><text class="title" text-anchor="middle" transform="translate(12 ${(split + height - BOTTOM + 16) / 2}) rotate(-90)">buffer</text><text class="tick" text-anchor="end" x="${LEFT - 6}" y="${split + 24}">${Math.round(fullest)} s</text><text class="title" text-anchor="middle" x="491" y="${height - 6}">time, s</text>`;
  return `<svg viewBox="0 0 940 ${height}" role="img" aria-label="${escapeHtml(label)}">${grid.join('')}${times.join('')}${titles}${shades.join('')}<path class="network" d="${network}"/><path class="shown" d="${shown.join('')}"/><path class="area" d="${area}L${round(x(end))} ${height - BOTTOM}L${LEFT} ${height - BOTTOM}Z"/></svg>`;
}

function renditionSteps(events: readonly PlaybackEvent[]): [number, number][] {
  return events.flatMap((event): [number, number][] =>
    event.type === 'renditionChange' ? [[event.at, event.index]] : [],
  );
}
