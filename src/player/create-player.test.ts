import { describe, expect, it } from 'vitest';
import type { EngineDeps, EngineLoader } from '../engine/engine.ts';
import { FakeMedia } from '../engine/fake-media.ts';
import type { PlaybackEvent } from '../media/playback-event.ts';
import type { QoeScorer } from '../qoe/qoe-scorer.ts';
import { replay } from '../session/timeline.ts';
import { createPlayer } from './create-player.ts';

const LADDER = [
  { id: 'low', bitrate: 500_000 },
  { id: 'high', bitrate: 3_000_000 },
];

/** An engine that knows its presentation at once, and what it was made of. */
function fakeEngine() {
  const made: EngineDeps[] = [];
  const loader: EngineLoader = {
    name: 'fake',
    limits: [],
    canPlay: () => true,
    load: async () => (deps) => {
      made.push(deps);
      return {
        async load() {
          deps.report({
            at: deps.clock.now(),
            type: 'manifest',
            presentation: 'vod',
            duration: 60,
            ladder: LADDER,
            segmentDuration: 4,
            targetLatency: null,
            audioTracks: [],
            textTracks: [],
          });
          deps.report({ at: deps.clock.now(), type: 'renditionChange', index: 1, position: 0 });
        },
        reconsider: () => {},
        selectAudioTrack: () => {},
        selectTextTrack: () => {},
        live: () => null,
        bufferLevel: () => 0,
        destroy: async () => {},
      };
    },
  };
  return { loader, made };
}

const media = (): FakeMedia & HTMLMediaElement =>
  Object.assign(new FakeMedia(), { canPlayType: () => 'maybe', autoplay: false }) as unknown as FakeMedia &
    HTMLMediaElement;

/** Scores the number of errors. */
const counting: QoeScorer = { name: 'counting', score: ({ errorCount }) => ({ value: errorCount, terms: {} }) };

/** A session from `load` to `destroy`, with a start, a stall and an error that is not fatal. */
async function playThrough(player: ReturnType<typeof createPlayer>, element: FakeMedia, deps: () => EngineDeps) {
  await player.load('https://cdn.example/main.m3u8');
  element.say('play', { paused: false });
  element.say('playing');
  element.say('waiting', { currentTime: 1 });
  deps().report({
    at: deps().clock.now(),
    type: 'error',
    category: 'network',
    code: 'SEGMENT_LOAD_FAILED',
    message: 'gone',
    fatal: false,
    url: null,
    status: 404,
  });
  element.say('playing');
  await player.destroy();
}

describe('the order of the streams', () => {
  it('a listener to events$ finds timeline, state and scores with the event already in them', async () => {
    const { loader, made } = fakeEngine();
    const element = media();
    const player = createPlayer({ media: element, engine: loader, scorers: [counting] });
    const seen: PlaybackEvent[] = [];
    const latest = { timeline: player.timeline, state: player.state, qoe: player.qoe };
    player.timeline$.subscribe((timeline) => Object.assign(latest, { timeline }));
    player.state$.subscribe((state) => Object.assign(latest, { state }));
    player.qoe$.subscribe((qoe) => Object.assign(latest, { qoe }));
    // What a subscriber throws is nobody's: differences are collected and looked at below.
    const found: unknown[] = [];
    const wanted: unknown[] = [];
    player.events$.subscribe((event) => {
      seen.push(event);
      const expected = replay(seen);
      const { state } = expected.machine;
      const scores = { counting: { value: expected.errorCount, terms: {} } };
      found.push({ ...latest, state: [latest.state, player.state], own: player.timeline, last: player.events.at(-1) });
      wanted.push({ timeline: expected, qoe: scores, state: [state, state], own: expected, last: event });
    });
    await playThrough(player, element, () => made[0] as EngineDeps);
    expect(found).toEqual(wanted);
    expect(seen.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['sessionStart', 'manifest', 'play', 'playing', 'waiting', 'error', 'sessionEnd']),
    );
    expect(latest.qoe.counting?.value).toBe(1);
  });

  it('each fact is told by timeline$, then state$ where it changes, then qoe$, then events$', async () => {
    const { loader, made } = fakeEngine();
    const element = media();
    const player = createPlayer({ media: element, engine: loader, scorers: [counting] });
    const told: string[] = [];
    player.timeline$.subscribe(() => told.push('timeline'));
    player.state$.subscribe((state) => told.push(`state ${state}`));
    player.qoe$.subscribe(() => told.push('qoe'));
    player.events$.subscribe(({ type }) => told.push(type));
    await playThrough(player, element, () => made[0] as EngineDeps);
    const waiting = told.indexOf('waiting');
    expect(told.slice(waiting - 3, waiting + 1)).toEqual(['timeline', 'state rebuffering', 'qoe', 'waiting']);
    const error = told.indexOf('error');
    expect(told.slice(error - 2, error + 1), 'a state is told once').toEqual(['timeline', 'qoe', 'error']);
    expect(told.filter((word) => word.startsWith('state'))).toEqual([
      'state preloading',
      'state starting',
      'state playing',
      'state rebuffering',
      'state playing',
      'state quit',
    ]);
  });

  it('what a listener does inside an event is told after everybody has heard of that event', async () => {
    const { loader, made } = fakeEngine();
    const element = media();
    const player = createPlayer({ media: element, engine: loader });
    const heard: string[] = [];
    player.events$.subscribe(({ type }) => {
      if (type === 'waiting') element.say('pause', { paused: true });
    });
    player.events$.subscribe(({ type }) => heard.push(type));
    await playThrough(player, element, () => made[0] as EngineDeps);
    expect(heard.slice(heard.indexOf('waiting')).slice(0, 2)).toEqual(['waiting', 'pause']);
  });

  it('every stream completes with destroy(), state$ included', async () => {
    const player = createPlayer({ media: media(), engine: fakeEngine().loader });
    const done: string[] = [];
    player.timeline$.subscribe({ complete: () => done.push('timeline') });
    player.state$.subscribe({ complete: () => done.push('state') });
    player.qoe$.subscribe({ complete: () => done.push('qoe') });
    player.events$.subscribe({ complete: () => done.push('events') });
    await player.destroy();
    expect(done).toEqual(['timeline', 'state', 'qoe', 'events']);
  });
});
