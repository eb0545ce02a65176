import { AUDIO_BANDWIDTH, RUNGS, SEGMENT_DURATION } from '../../fixtures/ladder.ts';
import { strategyByName } from '../../src/abr/catalogue.ts';
import { dualEwma } from '../../src/abr/throughput-estimator.ts';
import type { EventOf, PlaybackEvent } from '../../src/media/playback-event.ts';
import { type Movie, toMovie } from '../../src/sim/movie.ts';
import { PROFILES } from '../../src/sim/profile.ts';
import { type SimulatedSession, simulate } from '../../src/sim/simulate.ts';
import { BUFFER_TARGET, type FidelityCase, type FidelityEngine, PLAYED } from './cases.ts';

/** A number as it really was and as it was simulated. */
export interface Pair {
  readonly real: number;
  readonly simulated: number;
}

/** A real session beside a simulated one. Times in s, bitrates in bits/s. */
export interface Comparison {
  readonly engine: FidelityEngine;
  readonly trace: string;
  readonly strategy: string;
  /** Segments that both fetched, and how many of them at the same rendition. */
  readonly segments: number;
  readonly alike: number;
  readonly levels: { readonly real: readonly number[]; readonly simulated: readonly number[] };
  readonly startup: Pair;
  /** Of the media that was shown. */
  readonly stall: Pair;
  readonly bitrate: Pair;
  /** Media shown, minutes. */
  readonly minutes: number;
}

/** s of media in the presentation that is played. */
const DURATION = 600;

/** The fixture's stream: every segment is padded to exactly its bitrate, audio has its own track. */
function fixtureMovie(): Movie {
  const count = DURATION / SEGMENT_DURATION;
  const video = RUNGS.map(({ bandwidth }) => ((bandwidth - AUDIO_BANDWIDTH) / 8) * SEGMENT_DURATION);
  return toMovie({
    id: 'fixture',
    ladder: RUNGS.map(({ bandwidth, width, height }, rung) => ({
      id: String(rung),
      bitrate: bandwidth,
      width,
      height,
    })),
    segmentDuration: SEGMENT_DURATION,
    durations: Array.from({ length: count }, () => SEGMENT_DURATION),
    sizes: Array.from({ length: count }, () => video),
    soundSizes: Array.from({ length: count }, () => (AUDIO_BANDWIDTH / 8) * SEGMENT_DURATION),
  });
}

/** The same strategy over the same network, in the simulator's player of that engine. */
export function simulateCase(engine: FidelityEngine, { trace, strategy }: FidelityCase): SimulatedSession {
  return simulate({
    movie: fixtureMovie(),
    trace,
    strategy: strategyByName(strategy),
    estimator: dualEwma(),
    profile: PROFILES[engine](),
    bufferTarget: BUFFER_TARGET,
    sizesKnown: false,
  });
}

/** Sets a real session beside what else became of the same case: the simulator's, or that of another real run. */
export function compareSession(
  engine: FidelityEngine,
  one: FidelityCase,
  events: readonly PlaybackEvent[],
  others: readonly PlaybackEvent[] = simulateCase(engine, one).events,
): Comparison {
  const real = levelsOf(events);
  const own = levelsOf(others);
  const segments = Math.min(real.length, own.length);
  const bitrateOf = (levels: readonly number[]): number =>
    levels.slice(0, segments).reduce((sum, level) => sum + (RUNGS[level]?.bandwidth ?? 0), 0) / segments;
  return {
    engine,
    trace: one.trace.id,
    strategy: one.strategy,
    segments,
    alike: real.slice(0, segments).filter((level, at) => level === own[at]).length,
    levels: { real, simulated: own.slice(0, segments) },
    startup: { real: startupOf(events), simulated: startupOf(others) },
    stall: { real: stalledBefore(events, PLAYED), simulated: stalledBefore(others, PLAYED) },
    bitrate: { real: bitrateOf(real), simulated: bitrateOf(own) },
    minutes: PLAYED / 60,
  };
}

/** Rendition of each segment, in order, as it was appended last. */
function levelsOf(events: readonly PlaybackEvent[]): number[] {
  const levels = new Map<number, number>();
  for (const event of events) {
    if (event.type !== 'buffered' || event.rendition === null) continue;
    levels.set(Math.round(event.start / SEGMENT_DURATION), event.rendition);
  }
  const known: number[] = [];
  // A segment that was never appended ends what can be compared.
  for (let level = levels.get(0); level !== undefined; level = levels.get(known.length)) known.push(level);
  return known;
}

/** From the first request, when the network's clock starts, to the first frame; simulated sessions begin with it. */
function startupOf(events: readonly PlaybackEvent[]): number {
  const first = events.find((event): event is EventOf<'request'> => event.type === 'request');
  const asked = first?.kind === 'manifest' ? first.start : 0;
  return (events.find(({ type }) => type === 'playing')?.at ?? asked) - asked;
}

/** s waited after the first frame, before this media time was shown. */
function stalledBefore(events: readonly PlaybackEvent[], position: number): number {
  let sum = 0;
  let since: number | null = null;
  let started = false;
  const element = events.filter(
    (event): event is EventOf<'playing'> =>
      (event.type === 'waiting' || event.type === 'playing') && event.position < position,
  );
  for (const event of element) {
    if (event.type === 'playing') {
      if (since !== null) sum += event.at - since;
      since = null;
      started = true;
    } else if (started) since ??= event.at;
  }
  return sum;
}
