import { type P1203Device, type P1203Frame, type P1203VideoSegment, pixelsOf } from './input.ts';
import { type Chunk, MeasurementWindow } from './measurement-window.ts';
import { clamp, mosFromR, rFromMos, sigmoid } from './mos.ts';

/** Mode 0 knows bitrate, resolution and frame rate; mode 1 also the type and size of every frame. */
export type P1203Mode = 0 | 1;

/** Coefficients a1…a4 of the quantisation term. @see ITU-T P.1203.1, tables of mode 0 and mode 1 */
const QUANTISATION: Readonly<Record<P1203Mode, readonly [number, number, number, number]>> = {
  0: [11.9983519, -2.99991847, 41.2475074001, 0.13183165961],
  1: [5.00011566, -1.19630824, 41.3585049, 0],
};

/** What the quality of a chunk of video follows from. */
export interface VideoChunk {
  readonly codedPixels: number;
  readonly displayPixels: number;
  readonly bitrateKbps: number;
  readonly fps: number;
  /** Mode 1: mean size of I frames by that of the others, 0 if either is missing. Null in mode 0. */
  readonly frameRatio: number | null;
}

/**
 * Video quality of a chunk, MOS, and the three degradations (0…100) it is made of: by coding, by scaling up to the
 * display, by a low frame rate.
 *
 * @see ITU-T P.1203.1 (Pv, modes 0 and 1)
 */
export function videoQuality(chunk: VideoChunk): {
  readonly mos: number;
  readonly coding: number;
  readonly scaling: number;
  readonly frameRate: number;
} {
  const { codedPixels, displayPixels, bitrateKbps, fps, frameRatio } = chunk;
  const [a1, a2, a3, a4] = QUANTISATION[frameRatio === null ? 0 : 1];
  const inner = Math.log((bitrateKbps * bitrateKbps) / (codedPixels * fps) + a4);
  const quantisation = a1 + a2 * Math.log(a3 + Math.log(bitrateKbps) + inner);
  const bits = clamp(4.66 - 0.07 * Math.exp(4.06 * quantisation), 1, 5);
  const frames = frameRatio === null ? 0 : sigmoid(-0.91562479, 0, -3.28579526, 20.4098663, frameRatio);
  const coding = clamp(100 - rFromMos(bits + frames), 0, 100);
  const scale = Math.max(displayPixels / codedPixels, 1);
  const scaling = clamp(72.61 * Math.log10(0.32 * (scale - 1) + 1), 0, 100);
  const frameRate = fps < 24 ? clamp(((100 - coding - scaling) * (30.98 - 1.29 * fps)) / (64.65 + fps), 0, 100) : 0;
  return { mos: mosFromR(100 - clamp(coding + scaling + frameRate, 0, 100)), coding, scaling, frameRate };
}

/** The same picture looks better on a small screen. @see ITU-T P.1203.1, handheld adaptation */
export function onHandheld(mos: number): number {
  return clamp(-0.60293 + 2.12382 * mos - 0.36936 * mos ** 2 + 0.03409 * mos ** 3, 1, 5);
}

/** Frame rate above which mode 0 does not count. */
const MOST_FPS = 120;
/** More frames than the window holds. */
const MOST_FRAMES = 4096;
/** Bytes of headers that the sizes of mode 1 are freed of: of the first second's frames, of I frames, of the others. */
const HEADERS = { firstSecond: 800, i: 55, other: 11 } as const;

/** A segment with its sizes read. */
export interface Picture {
  readonly segment: P1203VideoSegment;
  readonly codedPixels: number;
  readonly displayPixels: number;
  readonly fps: number;
}

/** Whether two segments are one rendition to the model: by its name, else by what is declared of it. Not by resolution. */
function sameRendition({ segment: a }: Picture, { segment: b }: Picture): boolean {
  if (a === b) return true;
  if (a.representation !== undefined || b.representation !== undefined) return a.representation === b.representation;
  return a.bitrate === b.bitrate && a.codec === b.codec && a.fps === b.fps && a.displaySize === b.displaySize;
}

/** How {@link VideoModule} sees its display. */
export interface VideoModuleOptions {
  readonly mode: P1203Mode;
  readonly device: P1203Device;
  readonly displaySize: string;
}

/** The video module: segments in, O22 (one MOS for each second of media) out. */
export class VideoModule {
  readonly #options: VideoModuleOptions;
  readonly #window: MeasurementWindow<Picture>;
  /** Mode 1: the frames that the window may still hold, the first of them having this number. */
  #frames: readonly P1203Frame[] = [];
  #firstFrame = 0;

  constructor(options: VideoModuleOptions, window = new MeasurementWindow<Picture>(sameRendition)) {
    this.#options = options;
    this.#window = window;
  }

  /** One of its own that goes on from here. */
  copy(): VideoModule {
    const twin = new VideoModule(this.#options, this.#window.copy());
    twin.#frames = this.#frames;
    twin.#firstFrame = this.#firstFrame;
    return twin;
  }

  /** Adds a segment, or (mode 0) `duration` s of it, and tells of the seconds that can be scored now. */
  add(segment: P1203VideoSegment, tell: (o22: number) => void, duration = segment.duration): void {
    const { mode, displaySize } = this.#options;
    const fps = mode === 0 ? Math.min(segment.fps, MOST_FPS) : segment.fps;
    const frames = mode === 0 ? Math.trunc(duration * fps) : (segment.frames?.length ?? 0);
    if (mode === 1) this.#remember(segment.frames ?? []);
    const picture: Picture = {
      segment,
      codedPixels: pixelsOf('resolution', segment.resolution),
      displayPixels: pixelsOf('displaySize', segment.displaySize ?? displaySize),
      fps,
    };
    this.#window.add(picture, frames, 1 / fps, (chunk) => tell(this.#score(chunk)));
  }

  finish(tell: (o22: number) => void): void {
    this.#window.finish((chunk) => tell(this.#score(chunk)));
  }

  #remember(frames: readonly P1203Frame[]): void {
    const gone = Math.max(this.#frames.length - MOST_FRAMES, 0);
    this.#frames = [...this.#frames.slice(gone), ...frames];
    this.#firstFrame += gone;
  }

  #score(chunk: Chunk<Picture>): number {
    const { codedPixels, displayPixels, fps } = chunk.runs[0]?.segment ?? chunk.target;
    const coded = this.#options.mode === 0 ? meanBitrate(chunk) : this.#fromFrames(chunk);
    const { mos } = videoQuality({ codedPixels, displayPixels, fps, ...coded });
    return this.#options.device === 'pc' ? mos : onHandheld(mos);
  }

  #fromFrames(chunk: Chunk<Picture>): { bitrateKbps: number; frameRatio: number } {
    let [bytes, seconds, iBytes, iFrames, otherBytes, otherFrames] = [0, 0, 0, 0, 0, 0];
    let number = chunk.from;
    for (const { duration, frames } of chunk.runs) {
      seconds += duration * frames;
      for (const end = number + frames; number < end; number += 1) {
        const { frameType, frameSize } = this.#frames[number - this.#firstFrame] as P1203Frame;
        const isI = frameType === 'I';
        const headers = this.#window.startOf(number) < 1 ? HEADERS.firstSecond : isI ? HEADERS.i : HEADERS.other;
        const size = Math.max(frameSize - headers, 0);
        bytes += size;
        if (isI) {
          iBytes += size;
          iFrames += 1;
        } else {
          otherBytes += size;
          otherFrames += 1;
        }
      }
    }
    const frameRatio = iFrames > 0 && otherFrames > 0 ? iBytes / iFrames / (otherBytes / otherFrames) : 0;
    return { bitrateKbps: (bytes * 8) / seconds / 1000, frameRatio };
  }
}

function meanBitrate({ runs }: Chunk<Picture>): { bitrateKbps: number; frameRatio: null } {
  let sum = 0;
  let frames = 0;
  for (const run of runs) {
    sum += run.segment.segment.bitrate * run.frames;
    frames += run.frames;
  }
  return { bitrateKbps: sum / frames, frameRatio: null };
}
