import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { AbrInput } from '../../abr/strategy.ts';
import type { Clock } from '../../media/clock.ts';
import type { HttpProgress } from '../../net/http.ts';
import { type AbandonWatch, progressOf } from '../abandon-watch.ts';
import type { FactWriter } from '../fact-writer.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { segmentGate, type WantedSegment } from './segment-gate.ts';
import { DIVERTED, type ShakaRequest } from './shaka-request.ts';
import type { VariantChooser } from './variant-chooser.ts';

/** What happens to the picture's segments on their way: decided upon, held back, watched, given up. */
export interface PictureFlow {
  /** For the transport: see there. */
  admit(request: ShakaRequest, signal: AbortSignal): Promise<void>;
  sent(request: ShakaRequest, progress: () => HttpProgress | null | undefined): void;
  over(request: ShakaRequest): void;
  /** Sends a segment that is held back on its way now. */
  hurry(): void;
  /** Rung of the last picture segment asked for; null before the first. */
  readonly current: number | null;
  stop(): void;
}

/** What {@link pictureFlow} acts through. */
export interface PictureFlowParts {
  readonly clock: Clock;
  readonly facts: FactWriter;
  readonly chooser: VariantChooser;
  readonly watch: AbandonWatch;
  /** Whether it is a media segment of the stream that decisions are about. */
  isPicture(request: ShakaRequest): boolean;
  decide(input: AbrInput): AbrChoice;
  input(request: ShakaRequest, current: number | null): AbrInput;
}

/** Longest that a strategy may hold a request back, s: beyond that a full buffer could run dry unnoticed. */
const LONGEST_WAIT = 30;

/** Makes a {@link PictureFlow}: one picture segment at a time, each with a decision of its own. */
export function pictureFlow(parts: PictureFlowParts): PictureFlow {
  const { clock, facts, chooser, watch, isPicture } = parts;
  const turn = oneAtATime();
  const gate = segmentGate({ decide: parts.decide, tell: facts.tell, switchTo: chooser.switchTo });
  const inside = new WeakSet<ShakaRequest>();
  let current: number | null = null;
  let hurry = (): void => {};

  const wantedOf = ({ stream, segment }: ShakaRequest): WantedSegment | null => {
    const index = stream === null ? null : chooser.indexOf(stream);
    return index === null || segment === null
      ? null
      : { index, start: segment.getStartTime(), end: segment.getEndTime() };
  };

  const hold = (wait: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        hurry = () => {};
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      const cancel = clock.after(Math.min(wait, LONGEST_WAIT), end);
      signal.addEventListener('abort', end, { once: true });
      hurry = end;
    });

  const decide = async (request: ShakaRequest, signal: AbortSignal): Promise<void> => {
    const wanted = wantedOf(request);
    if (wanted === null) return;
    const admission = gate.admit(wanted, parts.input(request, current));
    if (!admission.admitted) throw DIVERTED;
    if (admission.wait > 0) await hold(admission.wait, signal);
    current = wanted.index;
  };

  return {
    async admit(request, signal) {
      if (!isPicture(request)) return;
      await turn.enter(signal);
      try {
        await decide(request, signal);
        inside.add(request);
      } catch (reason) {
        turn.leave();
        throw reason;
      }
    },
    sent(request, progress) {
      const wanted = isPicture(request) ? wantedOf(request) : null;
      if (wanted === null) return;
      const asked = clock.now();
      watch.follow({
        progress: () => {
          const last = progress();
          return last === undefined ? null : progressOf(wanted.index, asked, last, clock.now());
        },
        input: () => parts.input(request, wanted.index),
        giveUp(choice) {
          if (!chooser.switchTo(choice.index)) return;
          gate.replaced(wanted, choice);
          facts.tell(choice.fact);
        },
      });
    },
    over(request) {
      if (!inside.delete(request)) return;
      watch.stop();
      turn.leave();
    },
    hurry: () => hurry(),
    get current() {
      return current;
    },
    stop() {
      watch.stop();
      hurry = () => {};
    },
  };
}
