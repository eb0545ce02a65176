import type { AbrChoice, AbrController } from '../abr/abr-controller.ts';
import type { AbrInput } from '../abr/strategy.ts';
import type { EventOf, Report } from '../media/playback-event.ts';
import { download } from './download.ts';
import { line, sharedLine } from './line.ts';
import { type Movie, movieDuration } from './movie.ts';
import { network, toMs } from './network.ts';
import type { NetworkTrace } from './network-trace.ts';
import { playhead } from './playhead.ts';
import type { PlayerProfile } from './profile.ts';
import type { LiveOptions } from './simulate.ts';
import { soundTrack } from './sound-track.ts';

/** What {@link playMovie} needs; see SimulateOptions. */
export interface PlayMovieOptions {
  readonly movie: Movie;
  readonly trace: NetworkTrace;
  readonly controller: AbrController;
  readonly profile: PlayerProfile;
  readonly bufferTarget: number;
  readonly abandonment: boolean;
  readonly sizesKnown: boolean;
  readonly live: LiveOptions | null;
  /** Where every fact goes; null when nobody wants them. */
  readonly log: Report | null;
}

/** What is known when the movie is over. Times in s. */
export interface PlayedMovie {
  readonly levels: readonly number[];
  readonly startupTime: number;
  readonly stallTime: number;
  readonly stallCount: number;
  readonly abandonments: number;
  readonly bytes: number;
  readonly wastedBytes: number;
  readonly duration: number;
  readonly liveLatency: number | null;
}

/** Field by field, as a spread takes longer than the decision. */
function decisionAt({ fact }: AbrChoice, at: number): EventOf<'decision'> {
  const { type, trigger, strategy, segment, from, index, candidates, reason, inputs } = fact;
  return { type, at, trigger, strategy, segment, from, index, candidates, reason, inputs };
}

/** What a request brought. Times in s. */
interface Arrived {
  readonly asked: number;
  readonly firstByte: number | null;
  readonly bytes: number;
  /** What else came in that time. */
  readonly besideBytes: number;
  readonly whole: boolean;
}

/** Where each segment begins, s. */
function startsOf(durations: readonly number[]): number[] {
  let end = 0;
  return durations.map((duration) => {
    end += duration;
    return end - duration;
  });
}

/** Segments ahead whose sizes a strategy is told. */
const UPCOMING = 8;
const NONE: readonly (readonly number[])[] = [];

/** The simulated player: fetches segment after segment as its profile says, asks the controller, and writes facts. */
export function playMovie(options: PlayMovieOptions): PlayedMovie {
  const { movie, trace, controller, profile, bufferTarget, live, log } = options;
  const { ladder, durations, sizes } = movie;
  const link = network(trace);
  const candidates = ladder.map((_, index) => index);
  const urls = ladder.map(({ id }) => `sim:${id}`);
  const count = durations.length;
  const total = movieDuration(movie);
  const starts = startsOf(durations);
  const used = new Set<number>();
  const levels: number[] = [];

  const observe = (event: Parameters<Report>[0]): void => {
    controller.observe(event);
    log?.(event);
  };
  const head = playhead(observe, log === null ? null : observe);

  let requests = 0;
  let bytes = 0;
  let wastedBytes = 0;
  let abandonments = 0;
  let latencySum = 0;
  /** Segments of the sound that are there, and of the picture that can be played with it. */
  let heard = movie.soundSizes === undefined ? count : 0;
  let playable = 0;

  // The encoder has produced this much when the session starts: the player joins that far behind the edge.
  const joined =
    live === null ? 0 : Math.max(Math.ceil(live.targetLatency / movie.segmentDuration), 1) * movie.segmentDuration;
  const liveLatency = (): number => joined + head.now() - head.position();

  const inputFor = (segment: number, current: number | null): AbrInput => ({
    ladder,
    candidates,
    current,
    segment: {
      number: segment,
      start: starts[segment] ?? 0,
      duration: durations[segment] ?? 0,
      sizes: options.sizesKnown ? (sizes[segment] ?? null) : null,
      upcoming: options.sizesKnown && live === null ? sizes.slice(segment + 1, segment + 1 + UPCOMING) : NONE,
      remaining: live === null ? count - segment : null,
    },
    bufferLevel: head.level(),
    bufferTarget,
    position: head.position(),
    playbackRate: head.rate(),
    phase: head.started() ? 'steady' : 'startup',
    now: head.now(),
    live: live === null ? null : { latency: liveLatency(), target: live.targetLatency },
  });

  const waitForRoom = (duration: number): void => {
    const excessMs = profile.excess(head.level() * 1000, duration * 1000, bufferTarget * 1000) / head.rate();
    const { pollMs, pollFrom } = profile;
    if (pollMs === 0) {
      if (excessMs > 0) passing.wait(excessMs);
    } else if (excessMs >= 0 && head.playing()) {
      const sinceMs = pollFrom === 'start' ? (head.now() * 1000) % pollMs : 0;
      passing.wait((Math.floor((sinceMs + excessMs) / pollMs) + 1) * pollMs - sinceMs);
    }
  };

  const waitForSegment = (segment: number): void => {
    if (live === null) return;
    const missing = (starts[segment] ?? 0) + (durations[segment] ?? 0) - joined - head.now();
    if (missing > 0) passing.wait(missing * 1000);
  };

  /** Round trips that bring no media. */
  const overhead = (rounds: readonly number[]): void => {
    for (const size of rounds) {
      if (profile.requestMs.before > 0) passing.wait(profile.requestMs.before);
      passing.fetch(size * 8);
      if (profile.requestMs.after > 0) passing.wait(profile.requestMs.after);
    }
  };

  const report = (segment: number, index: number | null, what: Arrived): void => {
    const { asked, firstByte, bytes: got, besideBytes, whole } = what;
    observe({
      type: 'request',
      at: head.now(),
      id: requests,
      attempt: 1,
      kind: 'segment',
      url: index === null ? 'sim:sound' : (urls[index] ?? ''),
      segment: {
        track: index === null ? 'audio' : 'video',
        rendition: index,
        number: segment,
        start: starts[segment] ?? 0,
        duration: durations[segment] ?? 0,
      },
      start: asked,
      firstByte,
      bytes: got,
      linkBytes: got + besideBytes,
      status: 200,
      outcome: whole ? 'ok' : 'aborted',
      fromCache: false,
      error: null,
    });
    requests += 1;
  };

  /** Makes playable what picture and sound are there of. */
  const append = (): void => {
    for (; playable < Math.min(levels.length, heard); playable += 1) {
      head.append(levels[playable] ?? 0, toMs(durations[playable] ?? 0));
    }
    const needed = head.started() ? profile.resumeBuffer : profile.startBuffer;
    head.play(playable === count ? 0 : needed);
  };

  const buffered = (track: 'video' | 'audio', segment: number, rendition: number | null, size: number): void => {
    const start = starts[segment] ?? 0;
    const end = start + (durations[segment] ?? 0);
    observe({ type: 'buffered', at: head.now(), track, rendition, start, end, bytes: size });
  };

  const sound =
    movie.soundSizes === undefined
      ? null
      : soundTrack({
          bits: movie.soundSizes.map((size) => size * 8),
          durations: durations.map(toMs),
          rule: profile.sound,
          requestMs: {
            before: profile.requestMs.before,
            after: profile.requestMs.after + profile.turnaroundMs,
          },
          targetMs: bufferTarget * 1000,
          head,
          latencyMs: link.latencyMs,
          onArrival: ({ segment, asked, firstByte }) => {
            const size = movie.soundSizes?.[segment] ?? 0;
            bytes += size;
            report(segment, null, { asked, firstByte, bytes: size, besideBytes: 0, whole: true });
            heard = segment + 1;
            buffered('audio', segment, null, size);
            if (playable < levels.length) append();
          },
        });
  const passing = sound === null ? line(link, head) : sharedLine(link, head, sound);

  /** Brings a segment, or what of it came before it was given up: null when it is all there, else the choice to give it up. */
  const bring = (segment: number, index: number): AbrChoice | null => {
    const size = sizes[segment]?.[index] ?? 0;
    const mayGiveUp = options.abandonment && index > 0 && (segment > 0 || profile.look.firstSegment);
    const asked = head.now();
    const result = download(
      { index, bits: size * 8 },
      {
        line: passing,
        requestMs: profile.requestMs,
        look: mayGiveUp ? profile.look : null,
        ask: (progress) => controller.abandon(inputFor(segment, index), progress),
      },
    );
    const { givenUp } = result;
    const firstByte = result.firstByte === null ? null : asked + result.firstByte;
    const got = givenUp === null ? size : result.bits / 8;
    const besideBytes = firstByte === null ? 0 : passing.beside() / 8;
    bytes += got;
    if (givenUp !== null) {
      wastedBytes += got;
      observe(decisionAt(givenUp, head.now()));
    }
    report(segment, index, { asked, firstByte, bytes: got, besideBytes, whole: givenUp === null });
    return givenUp;
  };

  const steer = (): void => {
    if (live === null || !head.started()) return;
    const { targetLatency, fastRate = 1, slowRate = 1, tolerance = 0.2 } = live;
    const off = liveLatency() - targetLatency;
    head.setRate(off > tolerance ? fastRate : off < -tolerance ? slowRate : 1);
  };

  const fetchOnce = (segment: number, index: number): AbrChoice | null => {
    if (!used.has(index)) {
      used.add(index);
      overhead(profile.firstUse);
    }
    return bring(segment, index);
  };

  const decideNext = (segment: number): AbrChoice => {
    const choice = controller.decide(inputFor(segment, levels[segment - 1] ?? null));
    observe(decisionAt(choice, head.now()));
    if (choice.wait !== undefined && choice.wait > 0) passing.wait(choice.wait * 1000);
    return choice;
  };

  const fetchSegment = (segment: number, duration: number): number => {
    let { index } = decideNext(segment);
    // The first playlist came with the setup.
    if (segment === 0) used.add(index);
    for (;;) {
      const given = fetchOnce(segment, index);
      if (given === null) return index;
      abandonments += 1;
      if (profile.afterAbandonment === 'fetchTarget') index = given.index;
      else {
        waitForRoom(duration);
        index = decideNext(segment).index;
      }
    }
  };

  observe({
    type: 'sessionStart',
    at: 0,
    sessionId: trace.id,
    startedAt: 0,
    engine: 'sim',
    strategy: controller.strategy.name,
    src: `sim:${movie.id}`,
  });
  observe({ type: 'playbackRequest', at: 0 });
  overhead(profile.setup);
  if (profile.startMs > 0) passing.wait(profile.startMs);
  observe({
    type: 'manifest',
    at: head.now(),
    presentation: live === null ? 'vod' : 'live',
    duration: live === null ? total : null,
    ladder,
    segmentDuration: movie.segmentDuration,
    targetLatency: live?.targetLatency ?? null,
    audioTracks: [],
    textTracks: [],
  });
  observe({ type: 'play', at: head.now(), position: 0 });
  sound?.start();

  for (let segment = 0; segment < count; segment += 1) {
    const duration = durations[segment] ?? 0;
    waitForSegment(segment);
    waitForRoom(duration);
    const index = fetchSegment(segment, duration);
    if (profile.turnaroundMs > 0) passing.wait(profile.turnaroundMs);
    levels.push(index);
    buffered('video', segment, index, sizes[segment]?.[index] ?? 0);
    sound?.pictureArrived();
    if (!head.started() && profile.firstFrameMs > 0) passing.wait(profile.firstFrameMs);
    append();
    if (live !== null) {
      steer();
      latencySum += liveLatency();
      observe({
        type: 'sample',
        at: head.now(),
        position: head.position(),
        bufferLevel: head.level(),
        droppedFrames: 0,
        totalFrames: 0,
        latency: liveLatency(),
      });
    }
  }
  while (sound !== null && !sound.over()) passing.wait(profile.sound.pollMs);
  head.finish();
  observe({ type: 'sessionEnd', at: head.now(), reason: 'ended' });
  return {
    levels,
    startupTime: head.startedAt() ?? 0,
    stallTime: head.stallTime(),
    stallCount: head.stallCount(),
    abandonments,
    bytes,
    wastedBytes,
    duration: head.now(),
    liveLatency: live === null ? null : latencySum / count,
  };
}
