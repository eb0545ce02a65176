/** A canvas as large as its place, sharp on every screen, drawn at most once a frame. */
export interface Drawing {
  /** Draws at the next frame; any number of calls before it are one. */
  redraw(): void;
}

/** What is drawn on, and how large it is in CSS px. */
export interface Sheet {
  readonly pen: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** The value of a colour of the style sheet, by its name: `--text`. */
  readonly colour: (name: string) => string;
}

/** Binds drawing to a canvas, and to its size. */
export function drawing(canvas: HTMLCanvasElement, draw: (sheet: Sheet) => void): Drawing {
  const pen = canvas.getContext('2d');
  let asked = false;
  const paint = (): void => {
    asked = false;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (pen === null || width === 0) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const style = getComputedStyle(document.documentElement);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = style.getPropertyValue('--plot-font');
    draw({ pen, width, height, colour: (name) => style.getPropertyValue(name).trim() });
  };
  const redraw = (): void => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(paint);
  };
  new ResizeObserver(redraw).observe(canvas);
  return { redraw };
}

/** From values to px, and the grid with its words. */
export interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** An axis: from, to, its title, and how a value is written. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly title: string;
  readonly format?: (value: number) => string;
  /** Where lines go; default about five round numbers. */
  readonly marks?: readonly number[];
  /** How values are spread; default evenly. */
  readonly spread?: (value: number) => number;
}

export const LEFT = 52;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 36;

/** About `most` round numbers between two. */
export function roundMarks(low: number, high: number, most = 6): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => span / candidate <= most) ?? span;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Draws grid, numbers and titles; answers with the way from values to px. */
export function axes({ pen, width, height, colour }: Sheet, across: Axis, up: Axis): Scale {
  const along = (axis: Axis, value: number): number => {
    const spread = axis.spread ?? ((plain: number) => plain);
    return (spread(value) - spread(axis.low)) / (spread(axis.high) - spread(axis.low) || 1);
  };
  const x = (value: number): number => LEFT + along(across, value) * (width - LEFT - RIGHT);
  const y = (value: number): number => height - BOTTOM - along(up, value) * (height - TOP - BOTTOM);
  pen.lineWidth = 1;
  pen.strokeStyle = colour('--grid');
  pen.fillStyle = colour('--muted');
  pen.textBaseline = 'middle';
  pen.beginPath();
  pen.textAlign = 'center';
  for (const mark of across.marks ?? roundMarks(across.low, across.high, Math.max(3, Math.floor(width / 80)))) {
    pen.moveTo(x(mark), TOP);
    pen.lineTo(x(mark), height - BOTTOM);
    pen.fillText(across.format?.(mark) ?? String(mark), x(mark), height - BOTTOM + 11);
  }
  pen.textAlign = 'right';
  for (const mark of up.marks ?? roundMarks(up.low, up.high, 5)) {
    pen.moveTo(LEFT, y(mark));
    pen.lineTo(width - RIGHT, y(mark));
    pen.fillText(up.format?.(mark) ?? String(mark), LEFT - 6, y(mark));
  }
  pen.stroke();
  pen.fillStyle = colour('--text');
  pen.textAlign = 'center';
  pen.fillText(across.title, (LEFT + width - RIGHT) / 2, height - 8);
  pen.save();
  pen.translate(10, (TOP + height - BOTTOM) / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(up.title, 0, 0);
  pen.restore();
  return { x, y };
}
