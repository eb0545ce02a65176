import type { EventOf, PlaybackEvent } from 'sluice';
import { bufferCurve, waits } from 'sluice/sim';
import { element, setText } from '../src/page-element.ts';
import { drawing, LEFT, roundMarks, type Sheet } from './canvas.ts';
import type { LabRow, OpenedSession } from './messages.ts';
import { seriesColour } from './plots.ts';

/** One session, drawn over its time, with a way through its decisions. */
export interface SessionView {
  show(session: OpenedSession, slot: number): void;
  /** How much of what was reachable a session got, 1 being all of it; told if it is still the one that is shown. */
  showReach(row: LabRow, share: number): void;
  close(): void;
  redraw(): void;
}

type Decision = EventOf<'decision'>;

interface Shown extends OpenedSession {
  readonly slot: number;
  readonly decisions: readonly Decision[];
  readonly steps: readonly (readonly [at: number, index: number])[];
  readonly buffer: readonly (readonly [at: number, level: number])[];
  readonly waits: readonly (readonly [from: number, to: number])[];
  /** bits/s from each time on, over the whole session. */
  readonly network: readonly (readonly [at: number, bandwidth: number])[];
  readonly end: number;
}

/** Binds the section of the page that shows a session. */
export function sessionView(): SessionView {
  const section = element('session', HTMLElement);
  const slider = element('session-at', HTMLInputElement);
  const canvas = element('session-plot', HTMLCanvasElement);
  const reach = element('session-reach', HTMLElement);
  let shown: Shown | null = null;
  let at = 0;
  const plot = drawing(canvas, (sheet) => {
    if (shown !== null) drawSession(sheet, shown, shown.decisions[at]);
  });

  const select = (index: number): void => {
    if (shown === null) return;
    at = Math.min(Math.max(index, 0), shown.decisions.length - 1);
    slider.value = String(at);
    const decision = shown.decisions[at];
    if (decision !== undefined) tellDecision(decision, shown, at);
    plot.redraw();
  };
  slider.addEventListener('input', () => select(Number(slider.value)));
  element('session-previous', HTMLButtonElement).addEventListener('click', () => select(at - 1));
  element('session-next', HTMLButtonElement).addEventListener('click', () => select(at + 1));
  canvas.addEventListener('click', ({ offsetX }) => {
    if (shown === null) return;
    const time = ((offsetX - LEFT) / (canvas.clientWidth - LEFT - 12)) * shown.end;
    const next = shown.decisions.findIndex((decision) => decision.at > time);
    select((next < 0 ? shown.decisions.length : next) - 1);
  });
  const close = (): void => {
    shown = null;
    section.hidden = true;
  };
  element('session-close', HTMLButtonElement).addEventListener('click', close);

  return {
    show(session, slot) {
      shown = prepare(session, slot);
      const { row } = session;
      section.hidden = false;
      section.style.setProperty('--session', `var(${seriesColour(slot)})`);
      setText(element('session-title', HTMLElement), `${row.strategy} on ${row.trace}`);
      const words = `QoE ${row.linearQoe.toFixed(1)} · ${mbps(row.averageBitrate)} on average · ${row.stallTime.toFixed(1)} s stalled in ${row.stallCount} ${row.stallCount === 1 ? 'stall' : 'stalls'} · start-up ${row.startupTime.toFixed(2)} s · ${row.switches} switches${row.liveLatency === undefined ? '' : ` · ${row.liveLatency.toFixed(1)} s behind live`}`;
      setText(element('session-sum', HTMLElement), words);
      setText(reach, '');
      canvas.setAttribute(
        'aria-label',
        `${row.strategy} on ${row.trace}: network, rendition and buffer over time. ${words}`,
      );
      slider.max = String(shown.decisions.length - 1);
      select(0);
      section.scrollIntoView({ block: 'nearest' });
    },
    showReach({ at: trace, strategy }, share) {
      if (shown?.row.at !== trace || shown.row.strategy !== strategy) return;
      const percent = `${Math.round(share * 100)} %`.replace('-', '−');
      setText(reach, ` · ${percent} of what any player could have gained on this network over the lowest quality`);
    },
    close,
    redraw: () => plot.redraw(),
  };
}

function prepare(session: OpenedSession, slot: number): Shown {
  const { events } = session;
  const end = Math.max(events.at(-1)?.at ?? 1, 1);
  return {
    ...session,
    slot,
    end,
    decisions: events.filter((event): event is Decision => event.type === 'decision'),
    steps: events.flatMap((event: PlaybackEvent) =>
      event.type === 'renditionChange' ? [[event.at, event.index] as const] : [],
    ),
    buffer: bufferCurve(events),
    waits: waits(events),
    network: networkSteps(session, end),
  };
}

function networkSteps({ trace }: OpenedSession, end: number): [number, number][] {
  const steps: [number, number][] = [];
  for (let at = 0, index = 0; at < end && trace.periods.length > 0; index += 1) {
    const period = trace.periods[index % trace.periods.length];
    if (period === undefined) break;
    steps.push([at, period.bandwidth]);
    at += period.duration;
  }
  return steps;
}

function tellDecision(
  { at, trigger, from, index, reason, inputs, segment }: Decision,
  { bitrates, decisions }: Shown,
  number: number,
): void {
  const rate = (which: number): string => ((bitrates[which] ?? 0) / 1e6).toFixed(2);
  const place = `quality ${index + 1} of ${bitrates.length}`;
  const change =
    from === null ? 'Starts at' : from === index ? 'Stays at' : `${from < index ? 'Up' : 'Down'} from ${rate(from)} to`;
  const way = `${change} ${mbps(bitrates[index] ?? 0)} (${place})`;
  const what = trigger === 'abandon' ? 'download given up' : `segment ${segment.number ?? '?'}`;
  setText(
    element('decision-when', HTMLElement),
    `Decision ${number + 1} of ${decisions.length} · at ${at.toFixed(1)} s · ${what}`,
  );
  setText(element('decision-what', HTMLElement), way);
  setText(element('decision-why', HTMLElement), reason);
  const throughput = inputs.throughput === null ? 'no estimate yet' : `${mbps(inputs.throughput)} estimated`;
  const latency = inputs.latency === null ? '' : `, ${Math.round(inputs.latency * 1000)} ms to the first byte`;
  setText(
    element('decision-inputs', HTMLElement),
    `${throughput}${latency} · ${inputs.bufferLevel.toFixed(1)} s of buffer of ${inputs.bufferTarget.toFixed(0)} s`,
  );
}

function drawSession({ pen, width, height, colour }: Sheet, shown: Shown, decision: Decision | undefined): void {
  const { end, bitrates } = shown;
  const split = Math.round(height * 0.62);
  const bottom = height - 24;
  const top = (bitrates.at(-1) ?? 1) * 1.15;
  const x = (at: number): number => LEFT + (at / end) * (width - LEFT - 12);
  const rate = (value: number): number => 8 + (1 - Math.min(value / top, 1)) * (split - 8);
  const fullest = Math.max(1, ...shown.buffer.map(([, level]) => level));
  const level = (value: number): number => bottom - (value / fullest) * (bottom - split - 16);
  pen.fillStyle = colour('--stall-shade');
  for (const [from, to] of shown.waits) pen.fillRect(x(from), 8, Math.max(x(to) - x(from), 1), bottom - 8);
  pen.textBaseline = 'middle';
  pen.textAlign = 'right';
  pen.lineWidth = 1;
  pen.strokeStyle = colour('--grid');
  pen.fillStyle = colour('--muted');
  pen.beginPath();
  for (const mark of roundMarks(0, top / 1e6, 4)) {
    pen.moveTo(LEFT, rate(mark * 1e6));
    pen.lineTo(width - 12, rate(mark * 1e6));
    pen.fillText(`${mark}`, LEFT - 6, rate(mark * 1e6));
  }
  pen.stroke();
  for (const [title, from, to] of [['Mbit/s', 8, split] as const, ['buffer', split + 16, bottom] as const]) {
    pen.save();
    pen.translate(10, (from + to) / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = 'center';
    pen.fillText(title, 0, 0);
    pen.restore();
  }
  pen.textAlign = 'right';
  pen.fillText(`${Math.round(fullest)} s`, LEFT - 6, level(fullest));
  pen.textAlign = 'center';
  for (const mark of roundMarks(0, end, Math.floor(width / 90))) pen.fillText(`${mark} s`, x(mark), height - 10);
  line(shown.network, x, rate, true, end);
  pen.strokeStyle = colour('--limit');
  pen.stroke();
  line(
    shown.steps.map(([at, index]) => [at, bitrates[index] ?? 0] as const),
    x,
    rate,
    true,
    end,
  );
  pen.lineWidth = 2.2;
  pen.strokeStyle = colour(seriesColour(shown.slot));
  pen.stroke();
  line(shown.buffer, x, level, false, end);
  pen.lineTo(x(end), bottom);
  pen.lineTo(x(0), bottom);
  pen.fillStyle = colour('--buffer-fill');
  pen.fill();
  if (decision === undefined) return;
  pen.beginPath();
  pen.moveTo(x(decision.at), 8);
  pen.lineTo(x(decision.at), bottom);
  pen.lineWidth = 1.5;
  pen.strokeStyle = colour('--text');
  pen.stroke();
  pen.beginPath();
  pen.arc(x(decision.at), rate(bitrates[decision.index] ?? 0), 5, 0, 2 * Math.PI);
  pen.fillStyle = decision.trigger === 'abandon' ? colour('--bad') : colour('--requested');
  pen.fill();

  function line(
    points: readonly (readonly [number, number])[],
    across: (value: number) => number,
    up: (value: number) => number,
    stepped: boolean,
    until: number,
  ): void {
    pen.beginPath();
    for (const [i, [at, value]] of points.entries()) {
      if (i === 0) pen.moveTo(across(at), up(value));
      else {
        if (stepped) pen.lineTo(across(at), up(points[i - 1]?.[1] ?? 0));
        pen.lineTo(across(at), up(value));
      }
    }
    const last = points.at(-1);
    if (last !== undefined) pen.lineTo(across(until), up(stepped ? last[1] : 0));
  }
}

function mbps(bits: number): string {
  return `${(bits / 1e6).toFixed(2)} Mbit/s`;
}
