import { quantile } from 'sluice/sim';
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

/** The colour of a strategy by its place among those chosen. */
export const seriesColour = (slot: number): string => `--series-${slot % 8}`;

/** Binds scatter and distribution to their canvases. */
export function labPlots(options: LabPlotOptions): LabPlots {
  let strategies: readonly string[] = [];
  let rows: LabRow[] = [];
  let places: { readonly x: number; readonly y: number; readonly row: LabRow }[] = [];
  let hovered: LabRow | null = null;

  const scatter = drawing(options.scatter, (sheet) => {
    places = drawScatter(sheet, rows, strategies, hovered);
  });
  const distribution = drawing(options.distribution, (sheet) => drawDistribution(sheet, rows, strategies));

  const near = ({ offsetX, offsetY }: MouseEvent): LabRow | null => {
    let best: LabRow | null = null;
    let closest = REACH;
    for (const { x, y, row } of places) {
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
      strategies = names;
      rows = [];
      hovered = null;
      redraw();
    },
    add(more) {
      rows = rows.concat(more);
      redraw();
    },
    redraw,
  };
}

function drawScatter(
  sheet: Sheet,
  rows: readonly LabRow[],
  strategies: readonly string[],
  hovered: LabRow | null,
): { x: number; y: number; row: LabRow }[] {
  const { pen, colour } = sheet;
  const rates = rows.map(({ averageBitrate }) => averageBitrate / 1e6);
  const waits = rows.map(({ stallTime }) => stallTime).sort((a, b) => a - b);
  const most = Math.max(5, quantile(waits, MOST) * 1.1);
  const marks = [0, 1, 5, 20, 60, 180, 600].filter((mark) => mark <= most);
  const spread = (value: number): number => -Math.sqrt(value);
  const scale = axes(
    sheet,
    { low: 0, high: Math.max(1, ...rates) * 1.03, title: 'average bitrate, Mbit/s' },
    { low: most, high: 0, title: 'stalled, s', marks, spread },
  );
  const places = rows.map((row, at) => ({
    x: scale.x(rates[at] ?? 0),
    y: scale.y(Math.min(row.stallTime, most)),
    row,
  }));
  for (const [slot, strategy] of strategies.entries()) {
    pen.fillStyle = colour(seriesColour(slot));
    pen.globalAlpha = 0.5;
    pen.beginPath();
    const own = places.filter(({ row }) => row.strategy === strategy);
    for (const { x, y } of own) {
      pen.moveTo(x + 3, y);
      pen.arc(x, y, 3, 0, 2 * Math.PI);
    }
    pen.fill();
  }
  pen.globalAlpha = 1;
  for (const [slot, strategy] of strategies.entries()) {
    const own = rows.filter((row) => row.strategy === strategy);
    if (own.length === 0) continue;
    const mean = (of: (row: LabRow) => number): number => own.reduce((sum, row) => sum + of(row), 0) / own.length;
    pen.beginPath();
    const x = scale.x(mean((row) => row.averageBitrate) / 1e6);
    pen.arc(
      x,
      scale.y(
        Math.min(
          mean((row) => row.stallTime),
          most,
        ),
      ),
      7.5,
      0,
      2 * Math.PI,
    );
    pen.fillStyle = colour(seriesColour(slot));
    pen.fill();
    pen.lineWidth = 2.5;
    pen.strokeStyle = colour('--card');
    pen.stroke();
  }
  const under = places.find(({ row }) => row === hovered);
  if (under !== undefined) {
    pen.beginPath();
    pen.arc(under.x, under.y, 6, 0, 2 * Math.PI);
    pen.lineWidth = 2;
    pen.strokeStyle = colour('--text');
    pen.stroke();
  }
  return places;
}

function drawDistribution(sheet: Sheet, rows: readonly LabRow[], strategies: readonly string[]): void {
  const { pen, colour } = sheet;
  const all = rows.map(({ linearQoe }) => linearQoe).sort((a, b) => a - b);
  const low = all.length === 0 ? 0 : quantile(all, 1 - MOST);
  const high = all.length === 0 ? 1 : Math.max(quantile(all, MOST), low + 1);
  const room = (high - low) * 0.03;
  const scale = axes(
    sheet,
    { low: low - room, high: high + room, title: 'linear QoE of a session' },
    { low: 0, high: 1, title: 'share of sessions', format: (value) => `${Math.round(value * 100)} %` },
  );
  pen.lineWidth = 2;
  pen.lineJoin = 'round';
  for (const [slot, strategy] of strategies.entries()) {
    const own = rows.filter((row) => row.strategy === strategy).map(({ linearQoe }) => linearQoe);
    own.sort((a, b) => a - b);
    pen.strokeStyle = colour(seriesColour(slot));
    pen.beginPath();
    for (const [at, value] of own.entries()) {
      const x = scale.x(Math.min(Math.max(value, low - room), high + room));
      if (at === 0) pen.moveTo(x, scale.y(0));
      pen.lineTo(x, scale.y(at / own.length));
      pen.lineTo(x, scale.y((at + 1) / own.length));
    }
    pen.stroke();
  }
}
