import { make } from '../src/page-element.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element with attributes; text goes in as text. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  text = '',
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== '') made.textContent = text;
  return made;
}

/** A round number at or above `value` that an axis can end with. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 4, 5, 8, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** One of the things plotted over time: `values[i]` at `times[i]`, null where there is none. `tone` is a class of the style sheet. */
export interface Line {
  readonly name: string;
  readonly tone: string;
  readonly kind: 'line' | 'bars';
  readonly values: readonly (number | null)[];
}

/** What a time chart shows. `times` ms since the epoch, ascending and evenly spaced; `format` words for a value. */
export interface TimeChart {
  readonly label: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** What the axis reaches at least. */
  readonly least: number;
  readonly format: (value: number) => string;
  readonly formatTime: (time: number) => string;
}

const HEIGHT = 220;
const LEFT = 58;
const BOTTOM = 20;
const TOP = 8;

function linePath(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let pen = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${pen ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = value !== null;
  }
  return path;
}

/**
 * Draws now and whenever the box gets another width: an SVG that is scaled would have its text scaled too.
 *
 * @param draw is given the width in px and returns what stands in the box then
 */
export function fitted(box: HTMLElement, draw: (width: number) => Node): void {
  let drawn = 0;
  const fit = (): void => {
    const width = Math.round(box.clientWidth);
    if (width === drawn || width === 0) return;
    drawn = width;
    box.replaceChildren(draw(width));
  };
  new ResizeObserver(fit).observe(box);
}

function axes(
  plot: SVGSVGElement,
  { times, format, formatTime }: TimeChart,
  top: number,
  width: number,
  x: (index: number) => number,
  y: (value: number) => number,
): void {
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    plot.append(svg('line', { x1: LEFT, x2: width, y1: y(part * top), y2: y(part * top), class: 'grid' }));
    if (part % 0.5 === 0)
      plot.append(svg('text', { x: LEFT - 6, y: y(part * top) + 4, class: 'axis end' }, format(part * top)));
  }
  const every = Math.max(Math.ceil((times.length * 90) / width), 1);
  for (const [index, time] of times.entries()) {
    if (index % every !== 0 || x(index) > width - 30) continue;
    plot.append(svg('text', { x: x(index), y: HEIGHT - 4, class: 'axis middle' }, formatTime(time)));
  }
}

function drawTimeChart(chart: TimeChart, readout: HTMLElement, width: number): SVGSVGElement {
  const { times, lines, format, formatTime, label } = chart;
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const top = roundUp(Math.max(highest, chart.least));
  const slot = (width - LEFT) / Math.max(times.length, 1);
  const x = (index: number): number => LEFT + (index + 0.5) * slot;
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const words = `${label}; the highest is ${format(highest)}`;
  const plot = svg('svg', {
    width,
    height: HEIGHT,
    viewBox: `0 0 ${width} ${HEIGHT}`,
    role: 'img',
    'aria-label': words,
  });
  axes(plot, chart, top, width, x, y);
  for (const { kind, tone, values } of lines) {
    if (kind === 'line') {
      plot.append(svg('path', { d: linePath(values, x, y), class: `line ${tone}` }));
      continue;
    }
    for (const [index, value] of values.entries()) {
      if (!value) continue;
      const box = { x: x(index) - slot * 0.4, width: Math.max(slot * 0.8, 0.6), y: y(value), height: y(0) - y(value) };
      plot.append(svg('rect', { ...box, class: `bars ${tone}` }));
    }
  }
  const cursor = svg('line', { y1: TOP, y2: HEIGHT - BOTTOM, class: 'cursor', visibility: 'hidden' });
  plot.append(cursor);
  const rest = (): void => {
    cursor.setAttribute('visibility', 'hidden');
    readout.replaceChildren(
      ...lines.map(({ name, tone }) => {
        const item = make('span', 'legend-item');
        item.append(make('i', `swatch ${tone}`), make('span', '', name));
        return item;
      }),
    );
  };
  plot.addEventListener('pointermove', (event) => {
    const at = event.clientX - plot.getBoundingClientRect().left;
    const index = Math.min(Math.max(Math.floor((at - LEFT) / slot), 0), times.length - 1);
    cursor.setAttribute('visibility', 'visible');
    cursor.setAttribute('x1', String(x(index)));
    cursor.setAttribute('x2', String(x(index)));
    const told = lines.map(({ name, values }) => `${name} ${values[index] == null ? '–' : format(values[index])}`);
    readout.textContent = `${formatTime(times[index] ?? 0)}: ${told.join(' · ')}`;
  });
  plot.addEventListener('pointerleave', rest);
  rest();
  return plot;
}

/** A chart over time, as wide as its place, with a readout under the pointer. */
export function timeChart(chart: TimeChart): HTMLElement {
  const figure = make('figure', 'time-chart');
  const box = make('div', 'plot');
  const readout = make('figcaption', 'readout');
  fitted(box, (width) => drawTimeChart(chart, readout, width));
  figure.append(box, readout);
  return figure;
}

/** Bars of a distribution, lowest value first, each with its words for whoever points at it. */
export function histogram(counts: readonly number[], label: string, words: (index: number) => string): SVGSVGElement {
  const width = 10 * counts.length;
  const most = Math.max(1, ...counts);
  const plot = svg('svg', {
    viewBox: `0 0 ${width} 44`,
    class: 'histogram',
    role: 'img',
    'aria-label': label,
    preserveAspectRatio: 'none',
  });
  for (const [index, count] of counts.entries()) {
    const height = count === 0 ? 0 : Math.max((count / most) * 42, 1);
    const bar = svg('g');
    bar.append(
      svg('title', {}, words(index)),
      svg('rect', { x: index * 10, y: 0, width: 10, height: 44, class: 'hit' }),
      svg('rect', { x: index * 10 + 0.8, y: 44 - height, width: 8.4, height, class: 'bar' }),
    );
    plot.append(bar);
  }
  return plot;
}
