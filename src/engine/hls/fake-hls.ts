import type Hls from 'hls.js';
import type { Level } from 'hls.js';

/** A level as far as our code reads it. */
export function fakeLevel(bitrate: number, height: number, change: Record<string, unknown> = {}): Level {
  const level = {
    bitrate,
    width: Math.round((height * 16) / 9),
    height,
    frameRate: 25,
    codecs: 'avc1.4d401e,mp4a.40.2',
    codecSet: 'avc1,mp4a',
    videoCodec: 'avc1.4d401e',
    videoRange: 'SDR',
    loadError: 0,
    fragmentError: 0,
    loadErrorTime: 0,
    details: undefined,
    ...change,
  };
  return level as unknown as Level;
}

/** A playlist of `count` segments of 4 s, their numbers from `first`, as an hls.js LevelDetails. */
export function fakeDetails(count: number, change: Record<string, unknown> = {}, first = 0) {
  const fragments = Array.from({ length: count }, (_, at) => ({
    type: 'main',
    level: 0,
    sn: first + at,
    start: at * 4,
    duration: 4,
    byteLength: null as number | null,
    bitrate: null as number | null,
    tagList: [] as string[][],
    gap: false,
    elementaryStreams: {},
  }));
  return { live: false, startSN: first, endSN: first + count - 1, fragments, ...change };
}

type Listener = (event: string, data: unknown) => void;

/**
 * An Hls for unit tests: an event emitter with the properties that our code reads and writes, all of them free to set. What is
 * done to it is noted in `done`.
 */
export function fakeHls(levels: Level[] = []) {
  const listeners = new Map<string, Listener[]>();
  const done: string[] = [];
  const hls = {
    levels,
    loadLevel: -1,
    minAutoLevel: 0,
    get maxAutoLevel() {
      return this.levels.length - 1;
    },
    config: { maxBufferLength: 30, errorPenaltyExpireMs: 30_000 } as Record<string, unknown>,
    get maxBufferLength() {
      return this.config.maxBufferLength as number;
    },
    mainForwardBufferInfo: { len: 0, start: 0, end: 0 } as { len: number; start: number; end: number } | null,
    latestLevelDetails: null as unknown,
    inFlightFragments: { main: { frag: null as unknown, state: 'IDLE' } },
    latency: 0,
    targetLatency: null as number | null,
    audioTracks: [] as unknown[],
    allAudioTracks: [] as unknown[],
    subtitleTracks: [] as unknown[],
    allSubtitleTracks: [] as unknown[],
    subtitleTrack: -1,
    on: (event: string, listener: Listener) => void listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    startLoad: () => void done.push('startLoad'),
    stopLoad: () => void done.push('stopLoad'),
    swapAudioCodec: () => void done.push('swapAudioCodec'),
    recoverMediaError: () => void done.push('recoverMediaError'),
  };
  return {
    hls,
    done,
    emit: (event: string, data: unknown) => {
      for (const listener of listeners.get(event) ?? []) listener(event, data);
    },
    /** Where an Hls is asked for. */
    get asHls(): Hls {
      return hls as unknown as Hls;
    },
  };
}
