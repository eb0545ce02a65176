import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import type { Ladder } from '../media/rendition.ts';

/** A session to make up, as a viewer would tell it. Times in s. */
export interface MadeUpSession {
  readonly ladder: Ladder;
  /** s from the request to the first frame. */
  readonly startup: number;
  /** The rendition of each segment, in order; every segment is shown to its end. */
  readonly renditions: readonly number[];
  /** s of media in a segment. Default 4. */
  readonly segmentDuration?: number;
  /** Stalls: at which s of media, how long. Ascending, within the media, not at its ends. */
  readonly stalls?: readonly { readonly at: number; readonly duration: number }[];
  /** s between samples; 0 for none. Default 1. */
  readonly sampleInterval?: number;
  /** Bytes of a segment; default as the ladder declares. */
  readonly bytes?: (segment: number, rendition: number) => number;
  /** Whether sound has segments of its own, 128 kbit/s. Default false: no sound is told of. */
  readonly sound?: boolean;
  readonly playerSize?: { readonly width: number; readonly height: number };
  /** Whether the session is told to its end. Default true. */
  readonly ended?: boolean;
}

/** The brief's ladder: ten rungs, 235…5800 kbit/s, with the sizes of Netflix's old H.264 ladder. */
export const BRIEF_LADDER: Ladder = [
  [235, 320, 240],
  [375, 384, 288],
  [560, 512, 384],
  [750, 512, 384],
  [1050, 640, 480],
  [1750, 720, 480],
  [2350, 1280, 720],
  [3000, 1280, 720],
  [4300, 1920, 1080],
  [5800, 1920, 1080],
].map(([kbps = 0, width = 0, height = 0]) => ({
  id: `${kbps}k`,
  bitrate: kbps * 1000,
  width,
  height,
  frameRate: 24,
  codecs: 'avc1.640028,mp4a.40.2',
}));

/** The moments at which something besides a sample happens, as s of media. */
function breaks({ renditions, segmentDuration = 4, stalls = [] }: MadeUpSession): number[] {
  const boundaries = renditions.map((_, index) => index * segmentDuration);
  return [...new Set([...boundaries, ...stalls.map(({ at }) => at)])].sort((a, b) => a - b);
}

/**
 * The facts of a session that someone made up, for tests and benchmarks: in the order in which Chromium and an engine
 * would tell them, each segment appended just before it is shown.
 */
export function madeUpSession(session: MadeUpSession): PlaybackEvent[] {
  const { ladder, startup, renditions, segmentDuration = 4, stalls = [], sampleInterval = 1 } = session;
  const events: PlaybackEvent[] = [];
  const end = renditions.length * segmentDuration;
  let clock = 0;
  let position = 0;
  let requests = 0;
  const tell = (fact: Fact): void => {
    events.push({ ...fact, at: clock });
  };
  const sample = (): void =>
    tell({
      type: 'sample',
      position,
      bufferLevel: 10,
      droppedFrames: 0,
      totalFrames: Math.round(position * 24),
      latency: null,
    });

  const playTo = (target: number): void => {
    if (sampleInterval > 0) {
      for (
        let next = Math.floor(position / sampleInterval + 1) * sampleInterval;
        next < target;
        next += sampleInterval
      ) {
        clock += next - position;
        position = next;
        sample();
      }
    }
    clock += target - position;
    position = target;
  };

  const fetch = (track: 'video' | 'audio', rendition: number | null, number: number, bytes: number): void => {
    const start = number * segmentDuration;
    requests += 1;
    tell({
      type: 'request',
      id: requests,
      attempt: 1,
      kind: 'segment',
      url: `https://cdn.example/${track}-${rendition ?? 0}-${number}.mp4`,
      segment: { track, rendition, number, start, duration: segmentDuration },
      start: clock,
      firstByte: clock,
      bytes,
      status: 200,
      outcome: 'ok',
      fromCache: false,
      error: null,
    });
    tell({ type: 'buffered', track, rendition, start, end: start + segmentDuration, bytes });
  };

  const segment = (index: number): void => {
    const rendition = renditions[index] ?? 0;
    const declared = ((ladder[rendition]?.bitrate ?? 0) * segmentDuration) / 8;
    tell({
      type: 'decision',
      trigger: 'next',
      strategy: 'made-up',
      segment: { number: index, start: index * segmentDuration },
      from: renditions[index - 1] ?? null,
      index: rendition,
      candidates: ladder.map((_, rung) => rung),
      reason: 'made up',
      inputs: { throughput: null, latency: null, bufferLevel: 10, bufferTarget: 30, playbackRate: 1 },
    });
    fetch('video', rendition, index, Math.round(session.bytes?.(index, rendition) ?? declared));
    if (session.sound) fetch('audio', null, index, Math.round((128_000 * segmentDuration) / 8));
    if (index === 0 || rendition !== renditions[index - 1])
      tell({ type: 'renditionChange', index: rendition, position });
  };

  tell({
    type: 'sessionStart',
    sessionId: 'made-up',
    startedAt: 0,
    engine: 'made-up',
    strategy: 'made-up',
    src: 'made-up',
  });
  if (session.playerSize) tell({ type: 'playerResize', ...session.playerSize });
  tell({ type: 'playbackRequest' });
  tell({
    type: 'manifest',
    presentation: 'vod',
    duration: end,
    ladder,
    segmentDuration,
    targetLatency: null,
    audioTracks: [],
    textTracks: [],
  });
  tell({ type: 'play', position });
  tell({ type: 'waiting', position });
  clock = startup;
  let started = false;
  for (const at of breaks(session)) {
    playTo(at);
    if (at % segmentDuration === 0) segment(at / segmentDuration);
    if (!started) tell({ type: 'playing', position });
    started = true;
    const stall = stalls.find((one) => one.at === at);
    if (!stall) continue;
    tell({ type: 'waiting', position });
    clock += stall.duration;
    tell({ type: 'playing', position });
  }
  playTo(end);
  if (session.ended === false) {
    sample();
    return events;
  }
  tell({ type: 'pause', position });
  tell({ type: 'ended', position });
  tell({ type: 'sessionEnd', reason: 'ended' });
  return events;
}
