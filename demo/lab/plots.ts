import { axes, drawing, type Sheet } from './canvas.ts';
import type { LabRow } from './messages.ts';

/** The plots of a run: they fill while it goes on. */
export interface LabPlots {
  /** Empties them for other strategies. */
  start(strategies: readonly string[]): void;
  add(rows: readonly LabRow[]): void;
  redraw(): void;
}

/** Where the plots are, and who hears of a session that was pointed at. */
export interface LabPlotOptions {
  readonly scatter: HTMLCanvasElement;
  readonly distribution: HTMLCanvasElement;
  readonly chosen: (row: LabRow) => void;
  readonly pointedAt: (row: LabRow | null) => void;
}

/** px from a dot within which a pointer means it. */
const REACH = 14;

/** Share of sessions that an axis must hold; the rest lie at its edge. */
const MOST = 0.98;

/** Where the axis of waiting may end, s: few places, so that it seldom moves while sessions come in. */
const WAIT_ENDS = [5, 10, 20, 40, 60, 120, 180, 300, 600, 1200, 3600, 21_600];
/** The axis of bitrates ends at a multiple of this, Mbit/s. */
const RATE_STEP = 0.5;
/** Steps of a distribution that are drawn; more cannot be told apart. */
const STEPS = 400;

/** As many as there are strategies to choose from. */
const COLOURS = 11;

/** The colour of a strategy by its place among those chosen. */
export const seriesColour = (slot: number): string => `--series-${slot % COLOURS}`;

/** Sums of one strategy, for its mean; and its QoE, for its distribution. */
interface Series {
  readonly qoe: number[];
  rate: number;
  wait: number;
}

/** Everything that has been played, counted as it comes in: a frame must not go over all of it again. */
interface Played {
  readonly strategies: readonly string[];
  readonly series: readonly Series[];
  readonly rows: LabRow[];
  /** Sessions by the first of {@link WAIT_ENDS} that holds them. */
  readonly waits: number[];
  highest: number;
}

/** Dots that have been drawn already, and what they were drawn for. */
interface DotLayer {
  readonly canvas: HTMLCanvasElement;
  key: string;
  drawn: number;
}

function nothingPlayed(strategies: readonly string[]): Played {
  const series = strategies.map((): Series => ({ qoe: [], rate: 0, wait: 0 }));
  return { strategies, series, rows: [], waits: WAIT_ENDS.map(() => 0), highest: 0 };
}

function count(played: Played, more: readonly LabRow[]): void {
  for (const row of more) {
    played.rows.push(row);
    played.highest = Math.max(played.highest, row.averageBitrate / 1e6);
    const end = WAIT_ENDS.findIndex((most) => row.stallTime <= most);
    const bin = end < 0 ? WAIT_ENDS.length - 1 : end;
    played.waits[bin] = (played.waits[bin] ?? 0) + 1;
    const own = played.series[played.strategies.indexOf(row.strategy)];
    if (own === undefined) continue;
    own.qoe.push(row.linearQoe);
    own.rate += row.averageBitrate / 1e6;
    own.wait += row.stallTime;
  }
}

/** The first end of the axis of waiting that holds {@link MOST} of the sessions. */
function waitEnd({ waits, rows }: Played): number {
  let held = 0;
  const at = waits.findIndex((own) => {
    held += own;
    return held >= rows.length * MOST;
  });
  return WAIT_ENDS[at] ?? WAIT_ENDS[0] ?? 5;
}

/** Binds scatter and distribution to their canvases. */
export function labPlots(options: LabPlotOptions): LabPlots {
  let played = nothingPlayed([]);
  let placeOf: ((row: LabRow) => readonly [x: number, y: number]) | null = null;
  let hovered: LabRow | null = null;
  const layer: DotLayer = { canvas: document.createElement('canvas'), key: '', drawn: 0 };

  const scatter = drawing(options.scatter, (sheet) => {
    placeOf = drawScatter(sheet, played, layer, hovered);
  });
  const distribution = drawing(options.distribution, (sheet) => drawDistribution(sheet, played));

  const near = ({ offsetX, offsetY }: MouseEvent): LabRow | null => {
    let best: LabRow | null = null;
    let closest = REACH;
    for (const row of placeOf === null ? [] : played.rows) {
      const [x, y] = placeOf?.(row) ?? [0, 0];
      const distance = Math.hypot(x - offsetX, y - offsetY);
      if (distance < closest) {
        closest = distance;
        best = row;
      }
    }
    return best;
  };
  options.scatter.addEventListener('pointermove', (event) => {
    const row = near(event);
    if (row === hovered) return;
    hovered = row;
    options.pointedAt(row);
    scatter.redraw();
  });
  options.scatter.addEventListener('pointerleave', () => {
    hovered = null;
    options.pointedAt(null);
    scatter.redraw();
  });
  options.scatter.addEventListener('click', (event) => {
    const row = near(event);
    if (row !== null) options.chosen(row);
  });
  const redraw = (): void => {
    scatter.redraw();
    distribution.redraw();
  };
  return {
    start(names) {
      played = nothingPlayed(names);
      layer.key = '';
      hovered = null;
      redraw();
    },
    add(more) {
      count(played, more);
      redraw();
    },
    redraw,
  };
}

function drawScatter(
  sheet: Sheet,
  played: Played,
  layer: DotLayer,
  hovered: LabRow | null,
): (row: LabRow) => readonly [x: number, y: number] {
  const { pen, width, height, colour } = sheet;
  const { rows, strategies, series } = played;
  const most = waitEnd(played);
  const highest = Math.max(Math.ceil(played.highest / RATE_STEP + 0.1) * RATE_STEP, RATE_STEP);
  const marks = [0, 1, 5, 20, 60, 180, 600, 1800, 7200].filter((mark) => mark <= most);
  const scale = axes(
    sheet,
    { low: 0, high: highest, title: 'average bitrate, Mbit/s' },
    { low: most, high: 0, title: 'stalled, s', marks, spread: (value) => -Math.sqrt(value) },
  );
  const placeOf = ({ averageBitrate, stallTime }: LabRow): readonly [number, number] => [
    scale.x(averageBitrate / 1e6),
    scale.y(Math.min(stallTime, most)),
  ];
  drawDots(sheet, played, layer, `${most} ${highest}`, placeOf);
  pen.drawImage(layer.canvas, 0, 0, width, height);
  for (const [slot] of strategies.entries()) {
    const { qoe, rate, wait } = series[slot] ?? { qoe: [], rate: 0, wait: 0 };
    if (qoe.length === 0) continue;
    pen.beginPath();
    pen.arc(scale.x(rate / qoe.length), scale.y(Math.min(wait / qoe.length, most)), 7.5, 0, 2 * Math.PI);
    pen.fillStyle = colour(seriesColour(slot));
    pen.fill();
    pen.lineWidth = 2.5;
    pen.strokeStyle = colour('--card');
    pen.stroke();
  }
  if (hovered !== null && rows.includes(hovered)) {
    const [x, y] = placeOf(hovered);
    pen.beginPath();
    pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.lineWidth = 2;
    pen.strokeStyle = colour('--text');
    pen.stroke();
  }
  return placeOf;
}

/** Puts the sessions that came since on the layer of dots; all of them where axes, size or colours are others. */
function drawDots(
  { pen, width, height, colour }: Sheet,
  { rows, strategies }: Played,
  layer: DotLayer,
  scales: string,
  placeOf: (row: LabRow) => readonly [x: number, y: number],
): void {
  const sharp = pen.getTransform().a;
  const key = `${scales} ${width} ${height} ${sharp} ${colour(seriesColour(0))}`;
  const dots = layer.canvas.getContext('2d');
  if (dots === null) return;
  if (key !== layer.key) {
    layer.key = key;
    layer.drawn = 0;
    layer.canvas.width = Math.round(width * sharp);
    layer.canvas.height = Math.round(height * sharp);
  }
  dots.setTransform(sharp, 0, 0, sharp, 0, 0);
  dots.globalAlpha = 0.5;
  const fresh = rows.slice(layer.drawn);
  layer.drawn = rows.length;
  for (const [slot, strategy] of strategies.entries()) {
    dots.fillStyle = colour(seriesColour(slot));
    dots.beginPath();
    for (const row of fresh) {
      if (row.strategy !== strategy) continue;
      const [x, y] = placeOf(row);
      dots.moveTo(x + 3, y);
      dots.arc(x, y, 3, 0, 2 * Math.PI);
    }
    dots.fill();
  }
}

function drawDistribution(sheet: Sheet, { series }: Played): void {
  const { pen, colour } = sheet;
  const sorted = series.map(({ qoe }) => Float64Array.from(qoe).sort());
  const ends = sorted.filter((own) => own.length > 0);
  // The axis holds most sessions of every strategy; the rest lie at its ends.
  const low = ends.length === 0 ? 0 : Math.min(...ends.map((own) => quantile(own, 1 - MOST)));
  const high = ends.length === 0 ? 1 : Math.max(...ends.map((own) => quantile(own, MOST)), low + 1);
  const room = (high - low) * 0.03;
  const scale = axes(
    sheet,
    { low: low - room, high: high + room, title: 'linear QoE of a session' },
    { low: 0, high: 1, title: 'share of sessions', format: (value) => `${Math.round(value * 100)} %` },
  );
  pen.lineWidth = 2;
  pen.lineJoin = 'round';
  for (const [slot, own] of sorted.entries()) {
    const stride = Math.max(1, Math.ceil(own.length / STEPS));
    pen.strokeStyle = colour(seriesColour(slot));
    pen.beginPath();
    for (let at = 0; at < own.length; at += stride) {
      const x = scale.x(Math.min(Math.max(own[at] ?? 0, low - room), high + room));
      if (at === 0) pen.moveTo(x, scale.y(0));
      pen.lineTo(x, scale.y(at / own.length));
      pen.lineTo(x, scale.y(Math.min(at + stride, own.length) / own.length));
    }
    pen.stroke();
  }
}

/** The value below which a share of sorted values lies. */
const quantile = (sorted: Float64Array, share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
