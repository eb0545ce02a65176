import type { Fact, PlaybackEvent } from '../../media/playback-event.ts';
import type { Ladder } from '../../media/rendition.ts';
import type { BeaconLine } from '../../telemetry/beacon-format.ts';

/** Chance that can be repeated: numbers in [0, 1), the same for the same seed. mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const LADDER: Ladder = [
  { id: '0', bitrate: 235_000, width: 320, height: 180, codecs: 'avc1.42c00d' },
  { id: '1', bitrate: 750_000, width: 640, height: 360, codecs: 'avc1.4d401e' },
  { id: '2', bitrate: 1_750_000, width: 960, height: 540, codecs: 'avc1.4d401f' },
  { id: '3', bitrate: 3_000_000, width: 1280, height: 720, codecs: 'avc1.640020' },
  { id: '4', bitrate: 5_800_000, width: 1920, height: 1080, codecs: 'avc1.640028' },
];
const ENGINES = ['hls', 'shaka'];
const STRATEGIES = ['percentile', 'bola', 'capacityAware'];
const HOSTS = ['cdn-a.example', 'cdn-b.example'];
const SEGMENT = 4;

/** How a made session goes. Times in s; `startedAt` is ms since the epoch. */
export interface MadeSession {
  readonly sid: string;
  readonly startedAt: number;
  readonly random: () => number;
  /** s of media watched before the viewer leaves. */
  readonly length: number;
  /** Variant of the experiment `start`, if it takes part. */
  readonly variant?: string;
}

/**
 * Facts of a session that never was, as an engine would report them: start-up, a segment of 4 s at a time with its
 * decision, a sample each second, now and then a stall, a failed request, a switch. For benches and trials; the numbers say
 * nothing about real engines.
 */
export function madeFacts({ sid, startedAt, random, length }: Omit<MadeSession, 'variant'>): PlaybackEvent[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const engine = pick(ENGINES);
  const strategy = pick(STRATEGIES);
  const host = pick(HOSTS);
  const base = `https://${host}/films/film-${Math.floor(random() * 40)}`;
  const duration = Math.ceil(length / SEGMENT) * SEGMENT + (random() < 0.4 ? 0 : 600);
  const facts: PlaybackEvent[] = [];
  let at = 0;
  let id = 0;
  const tell = (fact: Fact): void => {
    facts.push({ ...fact, at: Math.round(at * 1000) / 1000 });
  };
  const request = (kind: 'manifest' | 'segment', url: string, bytes: number, seconds: number, index: number): void => {
    id += 1;
    const start = at;
    const failed = random() < 0.004;
    at += seconds;
    tell({
      type: 'request',
      id,
      attempt: 1,
      kind,
      url,
      segment:
        kind === 'segment'
          ? { track: 'video', rendition: index, number: id, start: (id - 2) * SEGMENT, duration: SEGMENT }
          : null,
      start: Math.round(start * 1000) / 1000,
      firstByte: Math.round((start + seconds * 0.2) * 1000) / 1000,
      bytes: failed ? 0 : bytes,
      status: failed ? 503 : 200,
      outcome: failed ? 'failed' : 'ok',
      fromCache: false,
      error: failed ? 'HTTP_STATUS' : null,
    });
    if (failed) {
      const error = { category: 'network', code: 'HTTP_STATUS', message: 'status 503', status: 503, url } as const;
      tell({ type: 'error', ...error, fatal: random() < 0.1 });
    }
  };
  tell({ type: 'sessionStart', sessionId: sid, startedAt, engine, strategy, src: `${base}/main.m3u8` });
  tell({ type: 'playbackRequest' });
  request('manifest', `${base}/main.m3u8`, 2400, 0.05 + random() * 0.3, 0);
  const shape = { presentation: 'vod', duration, segmentDuration: SEGMENT, targetLatency: null } as const;
  tell({ type: 'manifest', ...shape, ladder: LADDER, audioTracks: [], textTracks: [] });
  let index = 1;
  let shown: number | null = null;
  let frames = 0;
  let dropped = 0;
  const speed = 1.2e6 * Math.exp(random() * 2.6);
  for (let number = 0; number * SEGMENT < length; number += 1) {
    const throughput = speed * (0.6 + random() * 0.8);
    const from = index;
    const top = LADDER.findLastIndex(({ bitrate }) => bitrate <= throughput * 0.8);
    index = Math.max(Math.min(top, index + 1), 0);
    const inputs = {
      throughput: Math.round(throughput),
      latency: 0.04,
      bufferLevel: 12,
      bufferTarget: 30,
      playbackRate: 1,
    };
    const reason = `${LADDER[index]?.height}p fits ${(throughput / 1e6).toFixed(2)} Mbit/s with a margin of a fifth`;
    const segment = { number, start: number * SEGMENT };
    tell({
      type: 'decision',
      trigger: 'next',
      strategy,
      segment,
      from,
      index,
      candidates: [0, 1, 2, 3, 4],
      reason,
      inputs,
    });
    const bytes = Math.round(((LADDER[index]?.bitrate ?? 0) * SEGMENT) / 8);
    const took = Math.min((bytes * 8) / throughput, 12);
    request('segment', `${base}/${index}/${number}.m4s`, bytes, shown === null ? took : Math.min(took, 0.5), index);
    const start = number * SEGMENT;
    tell({ type: 'buffered', track: 'video', rendition: index, start, end: start + SEGMENT, bytes });
    if (shown === null) tell({ type: 'playing', position: 0 });
    if (shown !== index) tell({ type: 'renditionChange', index, position: start });
    shown = index;
    const stalls = random() < (took > SEGMENT ? 0.5 : 0.01);
    if (stalls) {
      tell({ type: 'waiting', position: start });
      at += 0.2 + random() * Math.max(took - SEGMENT, 1);
      tell({ type: 'playing', position: start });
    }
    for (let second = 0; second < SEGMENT; second += 1) {
      at += 1;
      frames += 25;
      if (random() < 0.02) dropped += 1;
      const position = start + second + 1;
      tell({ type: 'sample', position, bufferLevel: 12, droppedFrames: dropped, totalFrames: frames, latency: null });
    }
    const last = facts.findLast(({ type }) => type === 'error');
    if (last?.type === 'error' && last.fatal) {
      tell({ type: 'sessionEnd', reason: 'failed' });
      return facts;
    }
  }
  const position = Math.ceil(length / SEGMENT) * SEGMENT;
  const toEnd = position >= duration;
  if (toEnd) tell({ type: 'ended', position });
  tell({ type: 'sessionEnd', reason: toEnd ? 'ended' : 'quit' });
  return facts;
}

/** The lines a page would send for it. */
export function madeLines(session: MadeSession): BeaconLine[] {
  const { sid, variant } = session;
  return madeFacts(session).map((fact, seq) =>
    seq === 0 && variant !== undefined ? { sid, seq, fact, tags: { 'ab.start': variant } } : { sid, seq, fact },
  );
}
