import { type Ladder, toLadder } from '../media/rendition.ts';

/**
 * What a simulated player plays: a ladder and how large every segment of it is. `sizes[segment][rendition]` is bytes;
 * `durations[segment]` is s.
 */
export interface Movie {
  readonly id: string;
  readonly ladder: Ladder;
  /** s, nominal: what a manifest says. */
  readonly segmentDuration: number;
  readonly durations: readonly number[];
  readonly sizes: readonly (readonly number[])[];
  /** Bytes of the sound of each segment, where it is a track of its own that is fetched beside the picture. */
  readonly soundSizes?: readonly number[];
}

/**
 * A movie, checked.
 *
 * @throws TypeError or RangeError naming the segment and the value that does not fit
 */
export function toMovie(movie: Movie): Movie {
  const { id, sizes, durations, segmentDuration } = movie;
  const ladder = toLadder(movie.ladder);
  if (ladder.some((rendition, index) => rendition !== movie.ladder[index])) {
    throw new RangeError(`ladder of movie '${id}' must ascend by bitrate`);
  }
  if (!(segmentDuration > 0)) throw new RangeError(`segmentDuration must be > 0 s, got ${segmentDuration}`);
  if (sizes.length === 0) throw new TypeError(`movie '${id}' must have at least one segment, got none`);
  if (durations.length !== sizes.length) {
    throw new TypeError(`durations must have one entry for each of ${sizes.length} segments, got ${durations.length}`);
  }
  for (const [segment, duration] of durations.entries()) {
    if (!(duration > 0)) throw new RangeError(`durations[${segment}] must be > 0 s, got ${duration}`);
  }
  for (const [segment, row] of sizes.entries()) {
    if (row.length !== ladder.length) {
      throw new TypeError(
        `sizes[${segment}] must have one entry for each of ${ladder.length} renditions, got ${row.length}`,
      );
    }
    for (const [rendition, bytes] of row.entries()) {
      if (!(Number.isFinite(bytes) && bytes > 0)) {
        throw new RangeError(`sizes[${segment}][${rendition}] must be > 0 bytes, got ${bytes}`);
      }
    }
  }
  const { soundSizes } = movie;
  if (soundSizes !== undefined && soundSizes.length !== sizes.length) {
    throw new TypeError(
      `soundSizes must have one entry for each of ${sizes.length} segments, got ${soundSizes.length}`,
    );
  }
  for (const [segment, bytes] of (soundSizes ?? []).entries()) {
    if (!(Number.isFinite(bytes) && bytes >= 0)) {
      throw new RangeError(`soundSizes[${segment}] must be >= 0 bytes, got ${bytes}`);
    }
  }
  return movie;
}

/** s from the movie's start to its end. */
export function movieDuration({ durations }: Movie): number {
  return durations.reduce((sum, duration) => sum + duration, 0);
}

/**
 * Sabre's movie file: `{ "segment_duration_ms", "bitrates_kbps": […], "segment_sizes_bits": [segment][rendition] }`.
 *
 * @throws SyntaxError where the text is no such file, and as {@link toMovie} does for its numbers
 * @see https://github.com/UMass-LIDS/sabre
 */
export function parseSabreMovie(id: string, text: string): Movie {
  const { segment_duration_ms, bitrates_kbps, segment_sizes_bits } = parseObject(id, text);
  if (typeof segment_duration_ms !== 'number') {
    throw new SyntaxError(`movie '${id}': segment_duration_ms must be a number, got ${show(segment_duration_ms)}`);
  }
  const bitrates = numbers(id, 'bitrates_kbps', bitrates_kbps);
  if (!Array.isArray(segment_sizes_bits)) {
    throw new SyntaxError(`movie '${id}': segment_sizes_bits must be a list, got ${show(segment_sizes_bits)}`);
  }
  const sizes = segment_sizes_bits.map((row: unknown, segment) =>
    numbers(id, `segment_sizes_bits[${segment}]`, row).map((bits) => bits / 8),
  );
  const segmentDuration = segment_duration_ms / 1000;
  return toMovie({
    id,
    ladder: bitrates.map((kbps) => ({ id: `${kbps}k`, bitrate: kbps * 1000 })),
    segmentDuration,
    durations: sizes.map(() => segmentDuration),
    sizes,
  });
}

function parseObject(id: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`movie '${id}' must be JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SyntaxError(`movie '${id}' must be an object, got ${show(value)}`);
}

function numbers(id: string, name: string, value: unknown): number[] {
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')) return value;
  throw new SyntaxError(`movie '${id}': ${name} must be a list of numbers, got ${show(value)}`);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
