import type { AbrChoice, AbrController } from '../abr/abr-controller.ts';
import type { AbrInput } from '../abr/strategy.ts';
import type { EventOf, Report } from '../media/playback-event.ts';
import { download } from './download.ts';
import { type Movie, movieDuration } from './movie.ts';
import { network, toMs } from './network.ts';
import type { NetworkTrace } from './network-trace.ts';
import { playhead } from './playhead.ts';
import type { PlayerProfile } from './profile.ts';
import type { LiveOptions } from './simulate.ts';

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
  readonly whole: boolean;
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
  let start = 0;
  /** Bits of the sound beside this segment that are still to come. */
  let soundLeft = 0;

  const pass = (timeMs: number): void => {
    link.wait(timeMs);
    head.advance(timeMs);
  };

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
      start,
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
    const excessMs = profile.excess(head.level() * 1000, duration * 1000, bufferTarget * 1000);
    if (profile.pollMs === 0) {
      if (excessMs > 0) pass(excessMs / head.rate());
    } else if (excessMs >= 0 && head.playing()) {
      pass((Math.floor(excessMs / head.rate() / profile.pollMs) + 1) * profile.pollMs);
    }
  };

  const waitForSegment = (duration: number): void => {
    if (live === null) return;
    const missing = start + duration - joined - head.now();
    if (missing > 0) pass(missing * 1000);
  };

  /** Requests that bring no media: a round trip each, and their bytes over the link. */
  const overhead = (what: { readonly requests: number; readonly bytes: number }): void => {
    for (let request = 0; request < what.requests; request += 1) {
      if (profile.requestMs.before > 0) pass(profile.requestMs.before);
      const latencyMs = link.latency(1, Number.POSITIVE_INFINITY).timeMs;
      head.advance(latencyMs + link.transfer((what.bytes * 8) / what.requests));
      if (profile.requestMs.after > 0) pass(profile.requestMs.after);
    }
  };

  const report = (segment: number, index: number | null, what: Arrived): void => {
    const { asked, firstByte, bytes: got, whole } = what;
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
        start,
        duration: durations[segment] ?? 0,
      },
      start: asked,
      firstByte,
      bytes: got,
      status: 200,
      outcome: whole ? 'ok' : 'aborted',
      fromCache: false,
      error: null,
    });
    requests += 1;
  };

  /** Brings a segment, or what of it came before it was given up: null when it is all there, else the choice to give it up. */
  const bring = (segment: number, index: number): AbrChoice | null => {
    const size = sizes[segment]?.[index] ?? 0;
    const mayGiveUp = options.abandonment && index > 0 && (segment > 0 || profile.look.firstSegment);
    const sound = soundLeft;
    const result = download(
      { index, pictureBits: size * 8, soundBits: sound },
      {
        link,
        head,
        requestMs: profile.requestMs,
        look: mayGiveUp ? profile.look : null,
        ask: (progress) => controller.abandon(inputFor(segment, index), progress),
        onSound: (asked, firstByte) => report(segment, null, { asked, firstByte, bytes: sound / 8, whole: true }),
      },
    );
    const { asked, firstByte, givenUp } = result;
    const got = givenUp === null ? size : result.pictureBits / 8;
    soundLeft -= result.soundBits;
    bytes += got;
    if (givenUp !== null) {
      wastedBytes += got;
      observe(decisionAt(givenUp, head.now()));
    }
    report(segment, index, { asked, firstByte, bytes: got, whole: givenUp === null });
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
    if (choice.wait !== undefined && choice.wait > 0) pass(choice.wait * 1000);
    return choice;
  };

  const fetchSegment = (segment: number, duration: number): number => {
    let { index } = decideNext(segment);
    soundLeft = (movie.soundSizes?.[segment] ?? 0) * 8;
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

  for (let segment = 0; segment < count; segment += 1) {
    const duration = durations[segment] ?? 0;
    waitForSegment(duration);
    waitForRoom(duration);
    const index = fetchSegment(segment, duration);
    if (profile.turnaroundMs > 0) pass(profile.turnaroundMs);
    levels.push(index);
    head.append(index, toMs(duration));
    observe({
      type: 'buffered',
      at: head.now(),
      track: 'video',
      rendition: index,
      start,
      end: start + duration,
      bytes: sizes[segment]?.[index] ?? 0,
    });
    if (!head.started() && profile.firstFrameMs > 0) pass(profile.firstFrameMs);
    const needed = head.started() ? profile.resumeBuffer : profile.startBuffer;
    head.play(segment === count - 1 ? 0 : needed);
    if (live !== null) {
      steer();
      latencySum += liveLatency();
      log?.({
        type: 'sample',
        at: head.now(),
        position: head.position(),
        bufferLevel: head.level(),
        droppedFrames: 0,
        totalFrames: 0,
        latency: liveLatency(),
      });
    }
    start += duration;
  }
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
