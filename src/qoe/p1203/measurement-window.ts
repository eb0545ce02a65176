/** Neighbouring frames of one segment, each of `duration` s: how many of them the window holds. */
export interface FrameRun<Segment> {
  readonly segment: Segment;
  readonly duration: number;
  frames: number;
}

/**
 * The frames around a second that belong together: runs of neighbouring segments with the same key. `from`…`to` are the
 * numbers of its first frame and the one after its last; `target` is the segment that holds the second itself.
 */
export interface Chunk<Segment> {
  readonly second: number;
  readonly target: Segment;
  readonly runs: readonly FrameRun<Segment>[];
  readonly from: number;
  readonly to: number;
}

/** s of media that the window holds, and s of it that lie after the second that is scored. */
const LENGTH = 20;
const LOOK_AHEAD = 10;
/** s of media before the first score. */
const FIRST = LOOK_AHEAD + 1;
/** More frames than 20 s hold at 120 frames/s, the most there are; a power of two, so that numbers wrap by masking. */
const CAPACITY = 4096;

const round5 = (value: number): number => Math.round(value * 1e5) / 1e5;

/**
 * P.1203's measurement window: a score for each second of media, from the frames up to ten seconds around it.
 *
 * It counts frame by frame, adding up durations as the standard's reference does: with times in floating point a second
 * ends one frame earlier or later than in exact numbers, and scores follow. Frames are kept by number in a ring, their
 * segments as runs, so that a second costs its frames and a handful of runs, and memory is bounded.
 *
 * @see ITU-T P.1203.1 7.2 (measurement window)
 */
export class MeasurementWindow<Segment> {
  readonly #sameChunk: (a: Segment, b: Segment) => boolean;
  #starts: Float64Array<ArrayBuffer>;
  /** Whether a copy looks at the same starts: whoever adds first takes its own. */
  #shared = false;
  #runs: FrameRun<Segment>[] = [];
  /** Numbers of the oldest frame held, the one after the newest, and the last one found for a second. */
  #first = 0;
  #end = 0;
  #found = 0;
  /** s of media held, s added, start of the next frame, last second scored. */
  #held = 0;
  #total = 0;
  #next = 0;
  #second = 0;

  /** @param sameChunk whether two segments are one rendition, so that their frames are looked at together */
  constructor(sameChunk: (a: Segment, b: Segment) => boolean, starts = new Float64Array(CAPACITY)) {
    this.#sameChunk = sameChunk;
    this.#starts = starts;
  }

  /** One of its own that goes on from here. */
  copy(): MeasurementWindow<Segment> {
    const twin = new MeasurementWindow(this.#sameChunk, this.#starts);
    twin.#shared = true;
    this.#shared = true;
    twin.#runs = this.#runs.map((run) => ({ ...run }));
    twin.#first = this.#first;
    twin.#end = this.#end;
    twin.#found = this.#found;
    twin.#held = this.#held;
    twin.#total = this.#total;
    twin.#next = this.#next;
    twin.#second = this.#second;
    return twin;
  }

  /** Start of a frame that is held, s of media. */
  startOf(frame: number): number {
    return this.#starts[frame & (CAPACITY - 1)] as number;
  }

  /** Adds a segment of `frames` frames, each of `duration` s, and tells of every second that can be scored now. */
  add(segment: Segment, frames: number, duration: number, tell: (chunk: Chunk<Segment>) => void): void {
    if (!(frames > 0)) return;
    if (this.#shared) this.#starts = this.#starts.slice();
    this.#shared = false;
    const run: FrameRun<Segment> = { segment, duration, frames: 0 };
    this.#runs.push(run);
    for (let frame = 0; frame < frames; frame += 1) {
      if (this.#held + duration > LENGTH) this.#dropOldest();
      this.#starts[this.#end & (CAPACITY - 1)] = this.#next;
      this.#end += 1;
      run.frames += 1;
      this.#held += duration;
      this.#total += duration;
      this.#next += duration;
      if (this.#second === 0 && round5(this.#total) < FIRST) continue;
      if (this.#total - LOOK_AHEAD >= this.#second + 1) this.#score(tell);
    }
  }

  /** Tells of the seconds that are left. Nothing can be added afterwards. */
  finish(tell: (chunk: Chunk<Segment>) => void): void {
    const whole = Math.floor(this.#total);
    const last = this.#total - whole > 0.99 ? whole + 1 : whole;
    while (this.#second < last) {
      while (this.#first < this.#end && round5(this.startOf(this.#first)) < this.#second + 1 - LOOK_AHEAD)
        this.#dropOldest();
      this.#score(tell);
    }
  }

  #dropOldest(): void {
    const run = this.#runs[0];
    if (run === undefined) return;
    this.#held -= run.duration;
    this.#first += 1;
    run.frames -= 1;
    if (run.frames === 0) this.#runs.shift();
  }

  #score(tell: (chunk: Chunk<Segment>) => void): void {
    this.#second += 1;
    const frame = this.#frameBefore(this.#second);
    const chunk = this.#chunkAround(frame);
    if (chunk !== null) tell(chunk);
  }

  /** The last frame that starts before a second; seconds only grow, so the search goes on where it ended. */
  #frameBefore(second: number): number {
    let frame = Math.max(this.#found, this.#first);
    while (frame + 1 < this.#end && this.startOf(frame + 1) < second) frame += 1;
    this.#found = frame;
    return frame;
  }

  #chunkAround(frame: number): Chunk<Segment> | null {
    const runs = this.#runs;
    let at = 0;
    let from = this.#first;
    for (; at < runs.length; at += 1) {
      const { frames } = runs[at] as FrameRun<Segment>;
      if (frame < from + frames) break;
      from += frames;
    }
    const run = runs[at];
    if (run === undefined) return null;
    const target = run.segment;
    let low = at;
    let to = from + run.frames;
    for (; low > 0 && this.#sameChunk((runs[low - 1] as FrameRun<Segment>).segment, target); low -= 1) {
      from -= (runs[low - 1] as FrameRun<Segment>).frames;
    }
    let high = at + 1;
    for (; high < runs.length && this.#sameChunk((runs[high] as FrameRun<Segment>).segment, target); high += 1) {
      to += (runs[high] as FrameRun<Segment>).frames;
    }
    return { second: this.#second, target, runs: runs.slice(low, high), from, to };
  }
}
