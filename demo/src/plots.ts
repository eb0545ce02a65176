import type { Ladder } from 'sluice';
import type { Timeline } from 'sluice/qoe';
import uPlot from 'uplot';
import type { Moment } from './moment.ts';
import { make, setText } from './page-element.ts';
import { type Palette, readPalette } from './plot-palette.ts';
import { modelNamed, type ScoreModel } from './score-models.ts';
import { type ColumnName, isPictureTransfer, rowAt, type SessionRecord } from './session-record.ts';
import { clockTime, requestRate, rungLabel, seconds } from './wording.ts';

/** What a line shows: a column of the table, or the value or one part of the score that is looked at. */
type Source = ColumnName | 'value' | 0 | 1 | 2 | 3;

/** A line of a plot and how its value reads. */
interface Line {
  readonly column: Source;
  /** Null for a part of the score: the model names it. */
  readonly label: string | null;
  readonly colour: keyof Palette;
  readonly fill?: keyof Palette;
  readonly width?: number;
  readonly dash?: readonly number[];
  /** Holds its value until the next one. */
  readonly steps?: boolean;
  /** Drawn by hand; only its values count for the scale. */
  readonly invisible?: boolean;
  readonly read: (value: number, ladder: Ladder) => string;
}

/** One plot of the stack. */
interface PlotDefinition {
  readonly name: string;
  readonly title: string;
  /** Of the values, beside the title. */
  readonly unit?: string;
  readonly weight: number;
  readonly lines: readonly Line[];
  readonly range: (least: number | null, most: number | null, ladder: Ladder, model: ScoreModel) => [number, number];
  readonly splits?: (ladder: Ladder, height: number) => number[];
  readonly tick: (value: number, ladder: Ladder) => string;
}

const round = (value: number): string => value.toFixed(2);
const asMegabits = (value: number): string => (value / 1e6).toFixed(2);
const asSeconds = (value: number): string => seconds(value);

/** Every rung where there is room for its label, px; else every second, third … from the top. */
function rungSplits(ladder: Ladder, height: number): number[] {
  const step = Math.max(Math.ceil((ladder.length * 15) / Math.max(height, 1)), 1);
  return ladder.map((_, index) => index).filter((index) => (ladder.length - 1 - index) % step === 0);
}

const PLOTS: readonly PlotDefinition[] = [
  {
    name: 'rung',
    title: 'Rendition',
    weight: 1.35,
    lines: [
      {
        column: 'shown',
        label: 'on screen',
        colour: 'shown',
        fill: 'shownFill',
        width: 2.5,
        steps: true,
        read: (index, ladder) => rungLabel(ladder[index]),
      },
      {
        column: 'requested',
        label: 'requested',
        colour: 'requested',
        width: 1.5,
        steps: true,
        read: (index, ladder) => rungLabel(ladder[index]),
      },
      {
        column: 'cap',
        label: 'cap',
        colour: 'cap',
        dash: [2, 4],
        steps: true,
        read: (index, ladder) => rungLabel(ladder[index]),
      },
    ],
    range: (_, __, ladder) => [-0.5, Math.max(ladder.length, 2) - 0.5],
    splits: rungSplits,
    tick: (index, ladder) => rungLabel(ladder[index]),
  },
  {
    name: 'throughput',
    title: 'Throughput',
    unit: 'Mbit/s',
    weight: 1.25,
    lines: [
      {
        column: 'limit',
        label: 'true limit',
        colour: 'limit',
        fill: 'limitFill',
        dash: [5, 4],
        steps: true,
        read: asMegabits,
      },
      { column: 'delivered', label: 'delivered', colour: 'delivered', invisible: true, read: asMegabits },
      { column: 'estimate', label: 'estimated', colour: 'estimate', width: 2, steps: true, read: asMegabits },
    ],
    range: (_, most) => [0, Math.max((most ?? 0) * 1.08, 1e6)],
    tick: (value) => String(+(value / 1e6).toFixed(2)),
  },
  {
    name: 'buffer',
    title: 'Buffer',
    weight: 1,
    lines: [
      { column: 'bufferLevel', label: 'level', colour: 'buffer', fill: 'bufferFill', width: 2, read: asSeconds },
      { column: 'bufferTarget', label: 'target', colour: 'muted', dash: [5, 4], steps: true, read: asSeconds },
    ],
    range: (_, most) => [0, Math.max((most ?? 0) * 1.1, 10)],
    tick: (value) => `${value} s`,
  },
  {
    name: 'qoe',
    title: 'QoE',
    weight: 1,
    lines: [
      { column: 'value', label: 'score', colour: 'value', width: 2.5, read: round },
      { column: 0, label: null, colour: 'quality', read: round },
      { column: 1, label: null, colour: 'stability', read: round },
      { column: 2, label: null, colour: 'startup', read: round },
      { column: 3, label: null, colour: 'buffering', read: round },
    ],
    range: (least, most, _, model) => model.range(least ?? 0, most ?? 0),
    tick: (value) => String(+value.toFixed(1)),
  },
];

/** Columns left of every plot, px, so that their time axes stand one under the other. */
const AXIS_WIDTH = 74;
const CURSORS = 'sluice-session';

/** The stack of plots over one time axis. */
export interface Plots {
  /** `span` is s shown up to now, null for all. */
  draw(record: SessionRecord, span: number | null, model: ScoreModel): void;
  /** The values at the moment looked at, and the mark of the chosen one. */
  drawMoment(record: SessionRecord): void;
  /** The colours have changed. */
  recolour(): void;
}

interface Panel {
  readonly definition: PlotDefinition;
  readonly plot: uPlot;
  readonly labels: readonly HTMLElement[];
  readonly values: readonly HTMLElement[];
  readonly mark: HTMLElement;
}

/** Builds the plots into an element, whose size they follow; pointing and clicking move the moment. */
export function createPlots(container: HTMLElement, moment: Moment): Plots {
  let palette = readPalette();
  let record: SessionRecord | null = null;
  let model = modelNamed('');
  const view = { from: 0, to: 60 };

  const ladder = (): Ladder => record?.timeline.ladder ?? [];

  const steps = uPlot.paths.stepped?.({ align: 1 });

  const series = (line: Line): uPlot.Series => ({
    label: line.label ?? '',
    stroke: () => palette[line.colour],
    width: line.width ?? 1.25,
    ...(line.fill === undefined ? {} : { fill: () => palette[line.fill ?? 'grid'] }),
    ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
    ...(steps && line.steps ? { paths: steps } : {}),
    ...(line.invisible ? { paths: () => null } : {}),
    points: { show: false },
    spanGaps: false,
  });

  const axes = (definition: PlotDefinition, last: boolean): uPlot.Axis[] => [
    {
      stroke: () => palette.muted,
      grid: { stroke: () => palette.grid, width: 1 },
      ticks: { show: false },
      font: palette.font,
      size: last ? 24 : 6,
      space: 64,
      incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600],
      values: (_, splits) => splits.map((value) => (last ? clockTime(value) : '')),
    },
    {
      stroke: () => palette.muted,
      grid: { stroke: () => palette.grid, width: 1 },
      ticks: { show: false },
      font: palette.font,
      size: AXIS_WIDTH,
      gap: 6,
      space: 26,
      values: (_, splits) => splits.map((value) => definition.tick(value, ladder())),
      ...(definition.splits
        ? { splits: (plot: uPlot) => definition.splits?.(ladder(), plot.bbox.height / devicePixelRatio) ?? [] }
        : {}),
    },
  ];

  const panels = PLOTS.map((definition, index) => build(definition, index === PLOTS.length - 1));

  function build(definition: PlotDefinition, last: boolean): Panel {
    const frame = make('figure', `plot plot-${definition.name}`);
    frame.style.setProperty('--weight', String(definition.weight));
    const caption = make('figcaption');
    const title = make('span', 'plot-title', definition.title);
    if (definition.unit !== undefined) title.append(make('small', '', definition.unit));
    caption.append(title);
    const legend = make('span', 'plot-legend');
    const entries = definition.lines.map((line) => {
      const entry = make('span', 'plot-entry');
      const swatch = make('i', `swatch line ${line.dash ? 'dashed' : ''}`);
      swatch.style.setProperty('--colour', `var(${cssName(line)})`);
      const label = make('span', '', line.label ?? '');
      const value = make('b', '', '–');
      entry.append(swatch, label, value);
      legend.append(entry);
      return { label, value };
    });
    caption.append(legend);
    const canvas = make('div', 'plot-canvas');
    frame.append(caption, canvas);
    container.append(frame);
    const plot = new uPlot(
      {
        width: Math.max(canvas.clientWidth, 100),
        height: Math.max(canvas.clientHeight, 60),
        pxAlign: 1,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false, setScale: false },
          points: { show: false },
          sync: { key: CURSORS, scales: ['x', null] },
        },
        scales: {
          x: { time: false, range: () => [view.from, view.to] },
          y: { range: (_, least, most) => definition.range(least, most, ladder(), model) },
        },
        series: [{}, ...definition.lines.map(series)],
        axes: axes(definition, last),
        hooks: {
          drawAxes: [shade],
          draw: definition.name === 'throughput' ? [drawTransfers] : definition.name === 'rung' ? [drawAbandoned] : [],
        },
      },
      [[], ...definition.lines.map(() => [])] as uPlot.AlignedData,
      canvas,
    );
    const mark = make('div', 'plot-mark');
    mark.hidden = true;
    plot.over.append(mark);
    listen(plot);
    new ResizeObserver(() => {
      if (canvas.clientWidth > 0) plot.setSize({ width: canvas.clientWidth, height: canvas.clientHeight });
      placeMark(plot, mark);
    }).observe(canvas);
    const labels = entries.map(({ label }) => label);
    const values = entries.map(({ value }) => value);
    return { definition, plot, labels, values, mark };
  }

  function cssName(line: Line): string {
    return `--${line.colour}`;
  }

  /** Start-up, stalls and seeks, behind the lines. */
  function shade(plot: uPlot): void {
    if (!record) return;
    for (const { from, to, colour } of shadesOf(record.timeline)) {
      if (to < view.from || from > view.to) continue;
      const left = plot.valToPos(Math.max(from, view.from), 'x', true);
      const right = plot.valToPos(Math.min(to, view.to), 'x', true);
      plot.ctx.fillStyle = palette[colour];
      plot.ctx.fillRect(left, plot.bbox.top, Math.max(right - left, 2 * devicePixelRatio), plot.bbox.height);
    }
  }

  /** Each picture download as a bar from its first byte to its end, at its rate; those given up end in a cross. */
  function drawTransfers(plot: uPlot): void {
    if (!record) return;
    const { ctx } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    ctx.setLineDash([]);
    ctx.lineWidth = 3 * devicePixelRatio;
    ctx.lineCap = 'round';
    for (let index = record.requests.length - 1; index >= 0; index--) {
      const request = record.requests[index];
      if (!request || request.at < view.from) break;
      const rate = isPictureTransfer(request) ? requestRate(request) : null;
      if (rate === null || request.firstByte === null) continue;
      const y = plot.valToPos(rate, 'y', true);
      const right = plot.valToPos(request.at, 'x', true);
      ctx.strokeStyle = request.outcome === 'ok' ? palette.delivered : palette.trouble;
      ctx.beginPath();
      ctx.moveTo(plot.valToPos(Math.max(request.firstByte, view.from), 'x', true), y);
      ctx.lineTo(right, y);
      ctx.stroke();
      if (request.outcome === 'aborted') drawCross(ctx, right, y, palette.trouble);
    }
    ctx.restore();
  }

  /** A cross at the rung whose download was given up. */
  function drawAbandoned(plot: uPlot): void {
    if (!record) return;
    for (let index = record.decisions.length - 1; index >= 0; index--) {
      const decision = record.decisions[index];
      if (!decision || decision.at < view.from) break;
      if (decision.trigger !== 'abandon' || decision.from === null) continue;
      const x = plot.valToPos(decision.at, 'x', true);
      drawCross(plot.ctx, x, plot.valToPos(decision.from, 'y', true), palette.trouble);
    }
  }

  function listen(plot: uPlot): void {
    plot.over.addEventListener('pointermove', (event) => {
      moment.point(Math.max(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, 'x'), 0));
    });
    plot.over.addEventListener('pointerleave', () => moment.point(null));
    plot.over.addEventListener('click', (event) => {
      moment.choose(Math.max(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, 'x'), 0));
    });
  }

  function placeMark(plot: uPlot, mark: HTMLElement): void {
    const at = moment.chosen;
    mark.hidden = at === null || at < view.from || at > view.to;
    if (at !== null && !mark.hidden) mark.style.transform = `translateX(${Math.round(plot.valToPos(at, 'x'))}px)`;
  }

  const columnOf = ({ table }: SessionRecord, source: Source): (number | null)[] => {
    if (typeof source === 'string' && source !== 'value') return table.columns[source];
    const score = table.scores[model.name];
    return (source === 'value' ? score?.value : score?.parts[source]) ?? [];
  };

  /** Another model: its parts go by other names. */
  const name = (chosen: ScoreModel): void => {
    model = chosen;
    for (const { definition, labels } of panels) {
      definition.lines.forEach(({ column }, index) => {
        const label = labels[index];
        if (label && typeof column === 'number') setText(label, chosen.parts[column].label.toLowerCase());
      });
    }
  };
  name(model);

  const drawMoment = (shown: SessionRecord): void => {
    const { at } = shown.table;
    const row = moment.time === null ? at.length - 1 : rowAt(at, moment.time);
    for (const { definition, values, plot, mark } of panels) {
      definition.lines.forEach(({ column, read }, index) => {
        const all = columnOf(shown, column);
        const value = column === 'delivered' ? latestOf(all, row) : (all[row] ?? null);
        const target = values[index];
        if (target) setText(target, value === null ? '–' : read(value, shown.timeline.ladder));
      });
      placeMark(plot, mark);
    }
  };

  return {
    draw(shown, span, chosen) {
      record = shown;
      if (chosen !== model) name(chosen);
      const now = shown.table.at.at(-1) ?? 0;
      view.to = span === null ? Math.max(now, 30) : Math.max(now, span);
      view.from = span === null ? 0 : view.to - span;
      for (const { definition, plot } of panels) {
        const data = definition.lines.map(({ column }) => columnOf(shown, column));
        plot.setData([shown.table.at, ...data] as uPlot.AlignedData);
      }
      drawMoment(shown);
    },
    drawMoment,
    recolour() {
      palette = readPalette();
      for (const { plot } of panels) plot.redraw(true, true);
    },
  };
}

/** The value of the last row up to `row` that has one. */
function latestOf(column: readonly (number | null)[], row: number): number | null {
  for (let index = row; index >= 0; index--) {
    const value = column[index] ?? null;
    if (value !== null) return value;
  }
  return null;
}

interface Shade {
  readonly from: number;
  readonly to: number;
  readonly colour: 'startupShade' | 'stallShade' | 'seekShade';
}

function shadesOf({ requestedAt, startedAt, stalls, seeks, at }: Timeline): Shade[] {
  const shades: Shade[] = [];
  if (requestedAt !== null) shades.push({ from: requestedAt, to: startedAt ?? at, colour: 'startupShade' });
  for (const { start, end } of stalls) shades.push({ from: start, to: end ?? at, colour: 'stallShade' });
  for (const { start, end } of seeks) shades.push({ from: start, to: end ?? at, colour: 'seekShade' });
  return shades;
}

function drawCross(ctx: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  const arm = 4 * devicePixelRatio;
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x - arm, y - arm);
  ctx.lineTo(x + arm, y + arm);
  ctx.moveTo(x + arm, y - arm);
  ctx.lineTo(x - arm, y + arm);
  ctx.stroke();
  ctx.restore();
}
