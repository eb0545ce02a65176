/** What the player adds around an engine: the log, scores, strategies of one's own, caps, honest throughput, middleware. */
import type { EventOf } from '../src/media/playback-event.ts';
import { expect, openSession, test } from './fixture-session.ts';

for (const engine of ['hls', 'shaka'] as const) {
  test.describe(engine, () => {
    test('an exported session replays to the same timeline and the same score', async ({ harness, session }) => {
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, qoe, video } = window.harness;
          const player = sluice.createPlayer({ media: video, engine, strategy: window.harness.abr.percentile() });
          window.harness.player = player;
          void player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe((event) => event.type === 'sample' && event.position > 6 && resolve()),
          );
          player.pause();
          await new Promise<void>((resolve) => player.state$.subscribe((state) => state === 'paused' && resolve()));
          const text = player.exportSession();
          const timeline = qoe.replay(qoe.parseNdjson(text));
          return {
            live: JSON.stringify(player.timeline),
            replayed: JSON.stringify(timeline),
            score: player.qoe.weighted,
            replayedScore: qoe.weighted().score(timeline),
            text,
          };
        },
        { src: session.url('vod'), engine },
      );
      expect(outcome.replayed).toBe(outcome.live);
      expect(outcome.replayedScore).toEqual(outcome.score);
      expect(outcome.score?.value).toBeGreaterThan(0);
      const types = new Set(
        outcome.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).type),
      );
      for (const type of [
        'sessionStart',
        'playbackRequest',
        'manifest',
        'request',
        'decision',
        'buffered',
        'playing',
        'renditionChange',
        'sample',
        'pause',
      ]) {
        expect([...types], type).toContain(type);
      }
    });

    test('a strategy of one’s own chooses, and one that fails does not stop playback', async ({ harness, session }) => {
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, video } = window.harness;
          const strategy = {
            name: 'mine',
            decide: (context: { segment: { start: number } }) => {
              if (context.segment.start > 9) throw new Error('I give up');
              return { index: 3, reason: 'my reason' };
            },
          };
          const player = sluice.createPlayer({ media: video, engine, strategy });
          window.harness.player = player;
          void player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe((event) => event.type === 'decision' && event.segment.start > 15 && resolve()),
          );
          return player.events.filter((event) => event.type === 'decision' || event.type === 'error');
        },
        { src: session.url('vod'), engine },
      );
      const decisions = outcome.filter((event): event is EventOf<'decision'> => event.type === 'decision');
      expect(
        decisions
          .filter(({ segment }) => segment.start <= 9)
          .every(({ index, reason }) => index === 3 && reason === 'my reason'),
      ).toBe(true);
      expect(decisions.filter(({ segment }) => segment.start > 9).every(({ index }) => index === 0)).toBe(true);
      const errors = outcome.filter(({ type }) => type === 'error');
      expect(errors).toEqual([
        expect.objectContaining({
          code: 'STRATEGY_FAILED',
          fatal: false,
          message: expect.stringContaining('I give up'),
        }),
      ]);
    });

    test('caps hold: the user’s, the player’s size, and a selection goes over both', async ({ harness, session }) => {
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, video } = window.harness;
          video.style.width = '640px';
          video.style.height = '360px';
          const greedy = { name: 'greedy', decide: () => ({ index: 9, reason: 'all of it' }) };
          const player = sluice.createPlayer({ media: video, engine, strategy: greedy });
          window.harness.player = player;
          const decided = (match: (index: number) => boolean) =>
            new Promise<number>((resolve) => {
              const subscription = player.events$.subscribe((event) => {
                if (event.type !== 'decision' || !match(event.index)) return;
                subscription.unsubscribe();
                resolve(event.index);
              });
            });
          const first = decided((index) => index > 0);
          await player.load(src);
          await player.play();
          const bySize = player.renditions[await first]?.height;
          const capped = decided((index) => index <= 1);
          player.capRendition({ bitrate: 400_000 });
          const byUser = await capped;
          const chosen = decided((index) => index === 8);
          player.selectRendition(8);
          const bySelection = await chosen;
          return { bySize, byUser, bySelection };
        },
        { src: session.url('long'), engine },
      );
      expect(outcome.bySize).toBe(360);
      expect(outcome.byUser).toBe(1);
      expect(outcome.bySelection).toBe(8);
    });

    test('latency does not deflate the throughput estimate, and the cache does not inflate it', async ({
      harness,
    }, info) => {
      const session = await openSession(String(info.config.metadata.fixtures), {
        network: { kind: 'constant', kbps: 3900, latencyMs: 150 },
        cache: { maxAge: 3600 },
      });
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, video } = window.harness;
          const fixed = { name: 'fixed', decide: () => ({ index: 5, reason: 'always' }) };
          const run = async () => {
            const player = sluice.createPlayer({ media: video, engine, strategy: fixed });
            window.harness.player = player;
            void player.load(src);
            await player.play();
            await new Promise<void>((resolve) => {
              let pictures = 0;
              player.events$.subscribe((event) => {
                if (event.type !== 'request' || event.segment?.track !== 'video' || event.kind !== 'segment') return;
                pictures += 1;
                if (pictures === 4) resolve();
              });
            });
            const estimate = player.throughput;
            const cached = player.events.filter(
              (event) => event.type === 'request' && event.kind === 'segment' && event.fromCache,
            ).length;
            await player.destroy();
            return { estimate, cached };
          };
          return { first: await run(), again: await run() };
        },
        { src: session.url('vod'), engine },
      );
      await session.close();
      expect(outcome.first.cached).toBe(0);
      expect(outcome.first.estimate ?? 0).toBeGreaterThan(3.9e6 * 0.9);
      expect(outcome.first.estimate ?? 0).toBeLessThan(3.9e6 * 1.1);
      expect(outcome.again.cached).toBeGreaterThanOrEqual(4);
      // Nothing but cached responses: nothing was learnt of the network.
      expect(outcome.again.estimate === null || outcome.again.estimate < 3.9e6 * 1.1).toBe(true);
    });

    test('a middleware sees every request of the engine, and no query reaches the log', async ({
      harness,
      session,
    }) => {
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, video } = window.harness;
          const seen: string[] = [];
          const player = sluice.createPlayer({
            media: video,
            engine,
            middlewares: [
              (next) => (request, signal) => {
                seen.push(`${request.kind} ${new URL(request.url).pathname}`);
                return next({ ...request, url: `${request.url}?token=secret` }, signal);
              },
            ],
          });
          window.harness.player = player;
          void player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe((event) => event.type === 'sample' && event.position > 1 && resolve()),
          );
          return {
            seen,
            log: player.exportSession(),
            fetched: performance.getEntriesByType('resource').map(({ name }) => name),
          };
        },
        { src: session.url('vod'), engine },
      );
      const prefix = new URL(session.url('vod')).pathname.replace('vod/main.m3u8', '');
      const fetched = new Set(
        outcome.fetched
          .map((url) => new URL(url))
          .filter(({ pathname }) => pathname.startsWith(prefix))
          .map(({ pathname }) => pathname),
      );
      const seen = new Set(outcome.seen.map((line) => line.split(' ')[1]));
      for (const path of fetched) expect([...seen]).toContain(path);
      expect(new Set(outcome.seen.map((line) => line.split(' ')[0]))).toEqual(
        new Set(['manifest', 'playlist', 'init', 'segment']),
      );
      expect(outcome.log).not.toContain('secret');
      expect(outcome.log).toContain('?token=…');
    });

    test('a load can be aborted, overtaken and destroyed', async ({ harness, session }) => {
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, video } = window.harness;
          const code = (promise: Promise<unknown>) =>
            promise.then(
              () => 'resolved',
              (error) => error.code ?? String(error),
            );
          const player = sluice.createPlayer({ media: video, engine });
          window.harness.player = player;
          const controller = new AbortController();
          const aborted = code(player.load(src, { signal: controller.signal }));
          controller.abort();
          const first = await aborted;
          const overtaken = code(player.load(src));
          const current = code(player.load(src));
          const second = await overtaken;
          const third = await current;
          const cut = code(player.load(src));
          await player.destroy();
          const count = player.events.length;
          return {
            first,
            second,
            third,
            fourth: await cut,
            fifth: await code(player.load(src)),
            more: player.events.length - count,
          };
        },
        { src: session.url('vod'), engine },
      );
      expect(outcome).toEqual({
        first: 'ABORTED',
        second: 'ABORTED',
        third: 'resolved',
        fourth: 'ABORTED',
        fifth: 'ABORTED',
        more: 0,
      });
    });
  });
}

test('options that cannot work are named', async ({ harness }) => {
  const messages = await harness.evaluate(() => {
    const { sluice, video } = window.harness;
    const attempt = (options: unknown): string => {
      try {
        sluice.createPlayer(options as never);
        return 'accepted';
      } catch (error) {
        return String(error);
      }
    };
    return [
      attempt({ media: null }),
      attempt({ media: video, engine: 'dash' }),
      attempt({ media: video, strategy: {} }),
      attempt({ media: video, bufferTarget: -1 }),
      attempt({ media: video, buffertarget: 10 }),
      attempt(undefined),
    ];
  });
  expect(messages).toEqual([
    'TypeError: media must be an HTMLMediaElement, got null',
    'TypeError: engine must be one of auto, hls, shaka, native or an EngineLoader, got "dash"',
    'TypeError: strategy must be an AbrStrategy with a name and a decide(), got an object with nothing',
    'RangeError: bufferTarget must be a number of seconds, over 0, got -1',
    'TypeError: "buffertarget" is no option: did you mean bufferTarget?',
    'TypeError: options must be an object with media, got undefined',
  ]);
});
