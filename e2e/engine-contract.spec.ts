/** What every engine promises to whoever builds on it, checked at the seam itself: with deps of the test's own, without a player. */
import type { Page } from '@playwright/test';
import type { PlaybackEvent } from '../src/media/playback-event.ts';
import { expect, test } from './fixture-session.ts';
import { ENGINES, type TestedEngine } from './watched-player.ts';

/** An engine over recording deps. */
interface Bench {
  readonly facts: PlaybackEvent[];
  /** URLs asked for through `http`, and how many of them are not answered yet. */
  readonly asked: string[];
  readonly pending: Set<string>;
  /** Questions put to `decide`. */
  readonly questions: { count: number };
  readonly engine: import('../src/engine/engine.ts').Engine;
}

declare global {
  interface Window {
    makeBench(engine: string): Promise<Bench>;
    bench: Bench;
  }
}

/** Puts `makeBench` into the page. */
async function prepare(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.makeBench = async (name) => {
      const { sluice, video } = window.harness;
      const origin = performance.now();
      const clock = {
        now: () => (performance.now() - origin) / 1000,
        after: (delay: number, callback: () => void) => {
          const timer = setTimeout(callback, delay * 1000);
          return () => clearTimeout(timer);
        },
      };
      const facts: PlaybackEvent[] = [];
      const asked: string[] = [];
      const pending = new Set<string>();
      const questions = { count: 0 };
      type Deps = Parameters<import('../src/engine/engine.ts').EngineFactory>[0];
      const decide: Deps['decide'] = (input) => {
        questions.count += 1;
        const index = input.candidates[0] ?? 0;
        const { segment, current, candidates, bufferLevel, bufferTarget, playbackRate } = input;
        const { number, start } = segment;
        const inputs = { throughput: null, latency: null, bufferLevel, bufferTarget, playbackRate };
        const reason = 'the lowest';
        return {
          index,
          reason,
          failure: null,
          fact: {
            type: 'decision',
            trigger: 'next',
            strategy: 'contract',
            segment: { number, start },
            from: current,
            index,
            candidates,
            reason,
            inputs,
          },
        };
      };
      const http: Deps['http'] = async (request, signal) => {
        asked.push(request.url);
        pending.add(request.url);
        const start = clock.now();
        try {
          const response = await fetch(request.url, { headers: request.headers, signal });
          const headers = Object.fromEntries(response.headers);
          request.onHeaders?.(headers, response.status);
          const firstByte = clock.now();
          const body = await response.arrayBuffer();
          request.onProgress?.({ bytes: body.byteLength, totalBytes: body.byteLength, start, firstByte });
          return {
            url: response.url,
            status: response.status,
            headers,
            body,
            start,
            firstByte,
            end: clock.now(),
            fromCache: false,
          };
        } catch (cause) {
          throw new sluice.PlayerError(signal.aborted ? 'ABORTED' : 'NETWORK_FAILED', String(cause), {
            url: request.url,
            cause,
          });
        } finally {
          pending.delete(request.url);
        }
      };
      const settings = {
        bufferTarget: 8,
        backBuffer: 8,
        startPosition: null,
        audioLanguage: null,
        textLanguage: null,
        config: {},
      };
      const loader = name === 'hls' ? sluice.hls : sluice.shaka;
      const make = await loader.load();
      const report = (event: PlaybackEvent): void => void facts.push(event);
      const engine = make({ media: video, decide, abandon: () => null, report, http, clock, settings });
      window.bench = { facts, asked, pending, questions, engine };
      return window.bench;
    };
  });
}

/** Moments of a session's life at which it may end. */
const MOMENTS = ['asked for the manifest', 'told of the manifest', 'made the first decision', 'begun to play'] as const;

async function endAt(page: Page, engine: TestedEngine, src: string, moment: (typeof MOMENTS)[number]) {
  return page.evaluate(
    async ({ engine, src, moment }) => {
      const { video } = window.harness;
      const bench = await window.makeBench(engine);
      const outcome = bench.engine.load(src, new AbortController().signal).then(
        () => 'loaded',
        (error) => String((error as { code?: string }).code),
      );
      video.play().catch(() => {});
      const reached = (): boolean =>
        ({
          'asked for the manifest': bench.asked.length > 0,
          'told of the manifest': bench.facts.some(({ type }) => type === 'manifest'),
          'made the first decision': bench.facts.some(({ type }) => type === 'decision'),
          'begun to play': video.currentTime > 0.2,
        })[moment];
      const settle = (frames: number): Promise<void> =>
        new Promise((resolve) => {
          const next = (left: number): unknown =>
            left === 0 ? resolve() : requestAnimationFrame(() => next(left - 1));
          next(frames);
        });
      while (!reached()) await settle(1);
      await bench.engine.destroy();
      const told = bench.facts.length;
      const asked = bench.asked.length;
      // All that may be called late: element events, timers of the engine, commands of whoever still holds it.
      bench.engine.reconsider({ replaceBuffer: true });
      bench.engine.selectTextTrack(null);
      bench.engine.selectAudioTrack('nobody');
      const after = { live: bench.engine.live(), bufferLevel: bench.engine.bufferLevel() };
      await bench.engine.destroy();
      for (const type of ['timeupdate', 'seeking', 'seeked', 'playing', 'waiting', 'ended', 'error']) {
        video.dispatchEvent(new Event(type));
      }
      await settle(40);
      return {
        code: await outcome,
        late: bench.facts.slice(told),
        lateRequests: bench.asked.slice(asked),
        pending: [...bench.pending],
        after,
        src: video.getAttribute('src'),
        sources: video.childElementCount,
      };
    },
    { engine, src, moment },
  );
}

for (const engine of ENGINES) {
  test.describe(engine, () => {
    test.beforeEach(async ({ harness, session }) => {
      await session.network({ kind: 'constant', kbps: 30_000, latencyMs: 30 });
      await prepare(harness);
    });

    for (const moment of MOMENTS) {
      test(`destroyed when it has ${moment}, it is silent, asks for nothing, and leaves the element clean`, async ({
        harness,
        session,
      }) => {
        const outcome = await endAt(harness, engine, session.url('vod'), moment);
        expect(outcome).toMatchObject({
          late: [],
          lateRequests: [],
          pending: [],
          after: { live: null, bufferLevel: 0 },
          src: null,
          sources: 0,
        });
        expect(outcome.code).toBe(moment === 'asked for the manifest' ? 'ABORTED' : 'loaded');
      });
    }

    test('a signal that has fired: ABORTED, and no request', async ({ harness, session }) => {
      const outcome = await harness.evaluate(
        async ({ engine, src }) => {
          const bench = await window.makeBench(engine);
          const code = await bench.engine.load(src, AbortSignal.abort(new Error('too late'))).then(
            () => 'loaded',
            (error) => String((error as { code?: string }).code),
          );
          await bench.engine.destroy();
          return { code, asked: bench.asked, facts: bench.facts };
        },
        { engine, src: session.url('vod') },
      );
      expect(outcome).toEqual({ code: 'ABORTED', asked: [], facts: [] });
    });

    test('everything it fetches goes through http, and asking decide has no effect', async ({ harness, session }) => {
      const wire: string[] = [];
      harness.on('request', (request) => {
        if (request.url().includes('/s/')) wire.push(request.url());
      });
      const outcome = await harness.evaluate(
        async ({ engine, src }) => {
          const { video } = window.harness;
          const bench = await window.makeBench(engine);
          await bench.engine.load(src, new AbortController().signal);
          const vod = bench.engine.live();
          await video.play();
          await new Promise<void>((resolve) => {
            video.addEventListener('timeupdate', () => {
              if (video.currentTime > 5) resolve();
            });
          });
          const bufferLevel = bench.engine.bufferLevel();
          await bench.engine.destroy();
          const decisions = bench.facts.filter(({ type }) => type === 'decision').length;
          return {
            asked: bench.asked,
            facts: bench.facts,
            questions: bench.questions.count,
            decisions,
            vod,
            bufferLevel,
          };
        },
        { engine, src: session.url('vod') },
      );
      expect([...wire].sort()).toEqual([...outcome.asked].sort());
      expect(outcome.vod).toBeNull();
      expect(outcome.bufferLevel).toBeGreaterThan(2);
      expect(outcome.bufferLevel).toBeLessThan(13);
      // Facts in the order of their times, each of them plain data.
      const times = outcome.facts.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(outcome.facts).toEqual(JSON.parse(JSON.stringify(outcome.facts)));
      expect(outcome.decisions).toBeGreaterThan(1);
      // Asked for each segment and now and then besides, not on every tick of the engine.
      expect(outcome.questions).toBeLessThan(outcome.decisions * 4 + 10);
    });
  });
}
