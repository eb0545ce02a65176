import type { P1203AudioCodec, P1203AudioSegment } from './input.ts';
import { type Chunk, MeasurementWindow } from './measurement-window.ts';
import { mosFromR } from './mos.ts';

/** Coefficients a2 and a3 of each codec; a1 is 100 for all. @see ITU-T P.1203.2, table of coefficients */
const COEFFICIENTS: Readonly<Record<P1203AudioCodec, readonly [a2: number, a3: number]>> = {
  mp2: [-0.02, 15.48],
  ac3: [-0.03, 15.7],
  aaclc: [-0.05, 14.6],
  heaac: [-0.11, 20.06],
};

/**
 * Audio quality of a bitrate, MOS.
 *
 * @param bitrateKbps kbit/s
 * @see ITU-T P.1203.2 (Pa, mode 0 to 3)
 */
export function audioQuality(codec: P1203AudioSegment['codec'], bitrateKbps: number): number {
  const [a2, a3] = COEFFICIENTS[codec === 'aac' ? 'aaclc' : codec];
  return mosFromR(100 - (100 * Math.exp(a2 * bitrateKbps) + a3));
}

/** Frames into which the standard cuts audio, a second. */
const FRAMES = 100;
const FRAME = 1 / FRAMES;

/** The audio module: segments in, O21 (one MOS for each second of media) out. */
export class AudioModule {
  readonly #window: MeasurementWindow<P1203AudioSegment>;

  // Audio takes the bitrate of the second itself: what stands beside it in the window does not matter.
  constructor(window = new MeasurementWindow<P1203AudioSegment>((a, b) => a === b)) {
    this.#window = window;
  }

  /** One of its own that goes on from here. */
  copy(): AudioModule {
    return new AudioModule(this.#window.copy());
  }

  /** Adds a segment, or `duration` s of it, and tells of the seconds that can be scored now. */
  add(segment: P1203AudioSegment, tell: (o21: number) => void, duration = segment.duration): void {
    this.#window.add(segment, Math.trunc(duration * FRAMES), FRAME, (chunk) => tell(score(chunk)));
  }

  finish(tell: (o21: number) => void): void {
    this.#window.finish((chunk) => tell(score(chunk)));
  }
}

const score = ({ target }: Chunk<P1203AudioSegment>): number => audioQuality(target.codec, target.bitrate);
