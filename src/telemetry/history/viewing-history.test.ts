import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../../media/playback-event.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import type { FactSource } from '../beacons.ts';
import type { LifecycleEvent } from '../delivery/delivery-environment.ts';
import { recordViewing, replayViewings, resumeAt, type Viewing, type ViewingEvent, watch } from './viewing.ts';
import { type ViewingHistoryOptions, viewingHistoryIn } from './viewing-history.ts';
import { indexedDbViewingLog } from './viewing-log.ts';

const DAY = 86_400_000;

const start = (sessionId: string, src = 'https://cdn.example/movie.m3u8?token=…'): PlaybackEvent => ({
  type: 'sessionStart',
  at: 0,
  sessionId,
  startedAt: 0,
  engine: 'hls',
  strategy: 'bola',
  src,
});
const manifest = (presentation: 'vod' | 'live' = 'vod', duration: number | null = 600): PlaybackEvent => ({
  type: 'manifest',
  at: 0,
  presentation,
  duration,
  ladder: [],
  segmentDuration: 4,
  targetLatency: null,
  audioTracks: [],
  textTracks: [],
});
const at = (type: 'playing' | 'pause' | 'ended' | 'seeking', position: number): PlaybackEvent => ({
  type,
  at: 0,
  position,
});
const sample = (position: number): PlaybackEvent => ({
  type: 'sample',
  at: 0,
  position,
  bufferLevel: 5,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
});
const end: PlaybackEvent = { type: 'sessionEnd', at: 0, reason: 'quit' };

function record(facts: readonly PlaybackEvent[]): readonly (readonly [string, number])[] {
  const told: ViewingEvent[] = [];
  const recorder = recordViewing(
    (src) => src,
    () => 0,
    (event) => told.push(event),
  );
  for (const fact of facts) recorder.take(fact);
  return told.map(({ type, position }) => [type, position]);
}

describe('viewing events', () => {
  it('tell the start, every ten seconds of media, pauses, the end, and where a session was left', () => {
    const samples = Array.from({ length: 25 }, (_, index) => sample(index + 1));
    expect(
      record([
        start('s'),
        manifest(),
        at('playing', 0),
        ...samples,
        at('pause', 25.5),
        at('playing', 25.5),
        sample(28),
        end,
      ]),
    ).toEqual([
      ['started', 0],
      ['progress', 10],
      ['progress', 20],
      ['paused', 25.5],
      ['progress', 28],
    ]);
    expect(record([start('s'), manifest(), at('playing', 0), at('pause', 600), at('ended', 600), end])).toEqual([
      ['started', 0],
      ['paused', 600],
      ['completed', 600],
    ]);
  });

  it('tell nothing of what was not started, of live presentations, and of what has no name', () => {
    expect(record([start('s'), manifest(), at('pause', 0), end])).toEqual([]);
    expect(record([start('s'), manifest('live', null), at('playing', 0), sample(30), end])).toEqual([]);
    const told: ViewingEvent[] = [];
    const recorder = recordViewing(
      () => null,
      () => 0,
      (event) => told.push(event),
    );
    for (const fact of [start('s'), manifest(), at('playing', 0), sample(30)]) recorder.take(fact);
    expect(told).toEqual([]);
  });
});

describe('a viewing', () => {
  const event = (type: ViewingEvent['type'], position: number, session = 's', time = 0): ViewingEvent => ({
    type,
    content: 'movie',
    session,
    at: time,
    position,
    duration: 600,
  });

  it('is rebuilt from its events, and a session that has just begun takes nothing from it', () => {
    const viewing = replayViewings([
      event('started', 0, 'a', 1),
      event('progress', 100, 'a', 2),
      event('started', 0, 'b', 3),
    ]).get('movie');
    expect(viewing).toEqual({
      content: 'movie',
      sessions: ['a', 'b'],
      state: 'started',
      startedAt: 1,
      lastAt: 3,
      position: 100,
      duration: 600,
    });
  });

  it('replayed equals live, whatever happened', () => {
    const events = fc.array(
      fc.record({
        type: fc.constantFrom('started' as const, 'progress' as const, 'paused' as const, 'completed' as const),
        content: fc.constantFrom('a', 'b'),
        session: fc.constantFrom('x', 'y'),
        at: fc.nat(),
        position: fc.double({ min: 0, max: 600, noNaN: true }),
        duration: fc.constantFrom(null, 600),
      }),
    );
    fc.assert(
      fc.property(events, (log) => {
        const live = new Map<string, Viewing>();
        for (const one of log) live.set(one.content, watch(live.get(one.content) ?? null, one));
        expect(replayViewings(log)).toEqual(live);
      }),
    );
  });

  it('is gone on with where it was left, unless it was hardly begun or all but over', () => {
    const left = (type: ViewingEvent['type'], position: number, duration: number | null = 600): number | null =>
      resumeAt(watch(null, { ...event(type, position), duration }));
    expect(resumeAt(null)).toBeNull();
    expect(left('progress', 4)).toBeNull();
    expect(left('progress', 5)).toBe(5);
    expect(left('paused', 300)).toBe(300);
    expect(left('completed', 600)).toBeNull();
    // The last 30 s and the last 5 % (30 s) of ten minutes.
    expect(left('paused', 570)).toBe(570);
    expect(left('paused', 571)).toBeNull();
    // Of two hours the last 30 s are within the last 5 % (360 s).
    expect(left('paused', 7000, 7200)).toBe(7000);
    expect(left('paused', 7171, 7200)).toBeNull();
    // Of a minute the last 5 % (3 s) are within the last 30 s.
    expect(left('paused', 56, 60)).toBe(56);
    expect(left('paused', 58, 60)).toBeNull();
    expect(left('paused', 1e6, null)).toBe(1e6);
  });
});

/** Pages of one profile, each with a history and a player. */
function profile() {
  const factory = new IDBFactory();
  const clock = simulatedClock();
  const channels = new Set<{ onmessage: (() => void) | null }>();
  let now = 1_764_752_400_000;
  let answer: (url: string, init: RequestInit) => Promise<Response> = () => Promise.reject(new TypeError('no network'));
  const page = (options: ViewingHistoryOptions = {}) => {
    let tellPage: (event: LifecycleEvent) => void = () => {};
    const channel = {
      onmessage: null as (() => void) | null,
      postMessage() {
        for (const other of channels) if (other !== channel) other.onmessage?.();
      },
      close: () => void channels.delete(channel),
    };
    channels.add(channel);
    const epoch = (): number => now;
    const history = viewingHistoryIn(
      {
        clock,
        epoch,
        fetch: ((url: string, init: RequestInit) => answer(url, init)) as unknown as typeof fetch,
        watchPage(listener) {
          tellPage = listener;
          return () => {};
        },
        log: indexedDbViewingLog(factory, 'test', epoch, { maxAge: 90 * 86_400, maxEvents: 1000 }),
        channel: channel as unknown as BroadcastChannel,
      },
      options,
    );
    let listener: (event: PlaybackEvent) => void = () => {};
    const events: PlaybackEvent[] = [];
    const source: FactSource = {
      events,
      events$: {
        subscribe(next) {
          listener = next;
          return { unsubscribe: () => {} };
        },
      },
    };
    const play = (...facts: readonly PlaybackEvent[]): void => {
      for (const fact of facts) {
        events.push(fact);
        listener(fact);
      }
    };
    return { history, source, play, tellPage: (event: LifecycleEvent) => tellPage(event) };
  };
  return {
    page,
    clock,
    pass(ms: number) {
      now += ms;
    },
    now: () => now,
    collectorAnswers(next: (url: string, init: RequestInit) => Promise<Response>) {
      answer = next;
    },
  };
}

const MOVIE = 'https://cdn.example/movie.m3u8';

describe('the history', () => {
  it('is kept across reloads and seen in other tabs', async () => {
    const { page } = profile();
    const first = page();
    const second = page();
    let changes = 0;
    second.history.onChange(() => {
      changes += 1;
    });
    first.history.attach(first.source);
    first.play(start('one'), manifest(), at('playing', 0), sample(10), sample(21), at('pause', 23));
    expect(await first.history.resumePosition(MOVIE)).toBe(23);
    expect(await second.history.resumePosition(MOVIE)).toBe(23);
    expect(changes).toBe(4);
    expect(await page().history.viewing(MOVIE)).toMatchObject({ state: 'paused', position: 23, sessions: ['one'] });
    expect(await second.history.resumePosition('https://cdn.example/other.m3u8')).toBeNull();
  });

  it('has the last position when the page goes, whatever was told before', async () => {
    const { page } = profile();
    const first = page();
    first.history.attach(first.source);
    first.play(start('one'), manifest(), at('playing', 0), sample(10), sample(17));
    // A connection that is open takes what is asked of it last.
    await first.history.resumePosition(MOVIE);
    first.tellPage('exit');
    expect(await page().history.resumePosition(MOVIE)).toBe(17);
  });

  it('gives the newest first, of the last day, at most a hundred', async () => {
    const { page, pass } = profile();
    const { history, source, play } = page();
    history.attach(source);
    const watchOne = (id: number): void =>
      play(start(`s${id}`, `movie-${id}`), manifest(), at('playing', 0), at('pause', 30));
    for (let id = 0; id < 5; id += 1) watchOne(id);
    pass(DAY + 1);
    for (let id = 5; id < 110; id += 1) {
      pass(1);
      watchOne(id);
    }
    const recent = await history.recent();
    expect(recent).toHaveLength(100);
    expect(recent.slice(0, 2).map(({ content }) => content)).toEqual(['movie-109', 'movie-108']);
    expect((await history.recent({ within: 86_400 * 2, limit: 200 })).length).toBe(110);
  });

  it('forgets after 90 days, and when it is told to', async () => {
    const { page, pass } = profile();
    const { history, source, play } = page();
    history.attach(source);
    play(start('one', 'old'), manifest(), at('playing', 0), at('pause', 30));
    pass(91 * DAY);
    for (let count = 0; count < 120; count += 1)
      play(start(`s${count}`, 'new'), manifest(), at('playing', 0), at('pause', 40));
    expect(await history.viewing('new')).not.toBeNull();
    expect(await history.viewing('old')).toBeNull();
    await history.forget('new');
    expect(await history.viewing('new')).toBeNull();
    play(start('last', 'newest'), manifest(), at('playing', 0), at('pause', 40));
    await history.forget();
    expect(await history.recent()).toEqual([]);
  });

  it('takes the position from the collector where that knows more, of its own sessions only', async () => {
    const { page, collectorAnswers, now } = profile();
    const { history, source, play } = page({ collector: 'https://collector.example' });
    history.attach(source);
    play(start('one'), manifest(), at('playing', 0), sample(12));
    const asked: string[] = [];
    const viewing = { sid: 'one', src: 'x', startedAt: 0, state: 'progress', duration: 600 };
    collectorAnswers(async (url) => {
      asked.push(url);
      return Response.json({
        viewings: [
          { ...viewing, lastAt: now() + 5000, position: 16.5 },
          { ...viewing, sid: 'somebody else', lastAt: now() + 9000, position: 99 },
          { ...viewing, lastAt: 'soon', position: 99 },
          null,
        ],
      });
    });
    expect(await history.resumePosition(MOVIE)).toBe(16.5);
    expect(asked).toEqual(['https://collector.example/v1/history?within=7776000&sid=one']);
    collectorAnswers(async () => Response.json({ viewings: [{ ...viewing, lastAt: now() - 5000, position: 3 }] }));
    expect(await history.resumePosition(MOVIE)).toBe(12);
  });

  it('goes on from another device, or after the storage was cleared, by the sessions that the app remembers', async () => {
    const { page, collectorAnswers, now } = profile();
    const remembered = ['on the telephone', 'cleared'];
    const { history, source, play } = page({
      collector: 'https://collector.example',
      sessionsOf: async (content) => (content === MOVIE ? remembered : []),
    });
    const asked: string[] = [];
    const viewing = { src: 'x', state: 'paused', duration: 600 };
    collectorAnswers(async (url) => {
      asked.push(url);
      return Response.json({
        viewings: [
          { ...viewing, sid: 'cleared', startedAt: now() - 90_000, lastAt: now() - 60_000, position: 40 },
          { ...viewing, sid: 'on the telephone', startedAt: now() - 900_000, lastAt: now() - 70_000, position: 300 },
        ],
      });
    });
    // Nothing of it is in the log of this device.
    expect(await history.viewing(MOVIE)).toEqual({
      content: MOVIE,
      sessions: remembered,
      state: 'paused',
      startedAt: now() - 90_000,
      lastAt: now() - 60_000,
      position: 40,
      duration: 600,
    });
    expect(await history.resumePosition('another film')).toBeNull();
    expect(asked).toEqual(['https://collector.example/v1/history?within=7776000&sid=on%20the%20telephone&sid=cleared']);
    // What is watched here from now on is newer.
    history.attach(source);
    play(start('here'), manifest(), at('playing', 40), at('pause', 55));
    expect(await history.resumePosition(MOVIE)).toBe(55);
    expect((await history.viewing(MOVIE))?.sessions).toEqual(['here']);
  });

  it('does with the log alone when the app does not know its sessions, or takes too long', async () => {
    const { page, clock } = profile();
    let sessionsOf = (): Promise<string[]> => Promise.reject(new Error('not signed in'));
    const { history, source, play } = page({
      collector: 'https://collector.example',
      sessionsOf: () => sessionsOf(),
    });
    history.attach(source);
    play(start('one'), manifest(), at('playing', 0), sample(12));
    expect(await history.resumePosition(MOVIE)).toBe(12);
    const asked = new Promise<void>((tell) => {
      sessionsOf = () => {
        tell();
        return new Promise(() => {});
      };
    });
    const position = history.resumePosition(MOVIE);
    await asked;
    clock.advance(3);
    expect(await position).toBe(12);
  });

  it('does with the log alone when the collector fails, answers nonsense or hangs', async () => {
    const { page, collectorAnswers, clock } = profile();
    const { history, source, play } = page({ collector: 'https://collector.example' });
    history.attach(source);
    play(start('one'), manifest(), at('playing', 0), sample(12));
    expect(await history.resumePosition(MOVIE)).toBe(12);
    for (const body of ['nonsense', '{}', '[]', 'null', '{"viewings":5}']) {
      collectorAnswers(async () => new Response(body));
      expect(await history.resumePosition(MOVIE), body).toBe(12);
    }
    collectorAnswers(async () => new Response(null, { status: 500 }));
    expect(await history.resumePosition(MOVIE)).toBe(12);
    const asked = new Promise<void>((tell) => {
      collectorAnswers((_, { signal }) => {
        tell();
        return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      });
    });
    const position = history.resumePosition(MOVIE);
    await asked;
    clock.advance(3);
    expect(await position).toBe(12);
  });

  it('writes nothing where it is not wanted', async () => {
    const { page } = profile();
    const { history, source, play } = page({ enabled: false });
    history.attach(source);
    play(start('one'), manifest(), at('playing', 0), sample(30), end);
    expect(await history.recent()).toEqual([]);
  });
});
