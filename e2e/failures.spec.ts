/** What goes wrong is told with the right code, once, and is got over where that is possible. */
import { expect, test } from './fixture-session.ts';
import { ENGINES, play } from './watched-player.ts';

declare global {
  interface Window {
    giving: AbortController;
    given: Promise<string>;
  }
}

const FAST = { kind: 'constant', kbps: 30_000, latencyMs: 20 };
/** Not long before segment 1, the one that has trouble. */
const NEAR = { startPosition: 2.5 };
const missing = { type: 'status', status: 404 };

for (const engine of ENGINES) {
  test.describe(engine, () => {
    test.beforeEach(({ session }) => session.network(FAST));

    test('a missing manifest: load() rejects with its code, status and cause', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'manifest' }, action: missing }]);
      const player = await play(harness, engine, session.url('vod'));
      expect(player.failure).toEqual({
        name: 'PlayerError',
        code: 'MANIFEST_LOAD_FAILED',
        category: 'manifest',
        fatal: true,
        status: 404,
        hasCause: true,
      });
      const errors = await player.ofType('error');
      expect(errors.map(({ code, fatal, status }) => ({ code, fatal, status }))).toEqual([
        { code: 'MANIFEST_LOAD_FAILED', fatal: true, status: 404 },
      ]);
      expect(await harness.evaluate(() => window.harness.player?.state)).toBe('failed');
      expect(
        (await session.requests()).filter(({ kind }) => kind === 'manifest'),
        '404 is final',
      ).toHaveLength(1);
    });

    test('a server that fails at first: the pipeline tries again and nobody notices', async ({ harness, session }) => {
      await session.faults([
        { match: { kind: 'manifest' }, times: 1, action: { type: 'status', status: 503 } },
        {
          match: { kind: 'segment', segment: 1, track: 'audio-en' },
          times: 1,
          action: { type: 'reset', afterBytes: 4000 },
        },
      ]);
      const player = await play(harness, engine, session.url('vod'));
      expect(player.failure).toBeNull();
      await player.untilPosition(6);
      expect(await player.ofType('error')).toEqual([]);
      const attempts = (await player.ofType('request')).filter(({ attempt }) => attempt === 2).map(({ kind }) => kind);
      expect(attempts).toContain('manifest');
      expect(attempts).toContain('segment');
    });

    test('a manifest that is none', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'manifest' }, action: { type: 'truncate', bytes: 3 } }]);
      const player = await play(harness, engine, session.url('vod'));
      expect(player.failure).toMatchObject({ code: 'MANIFEST_PARSE_FAILED', category: 'manifest', fatal: true });
      expect((await player.ofType('error')).map(({ code }) => code)).toEqual(['MANIFEST_PARSE_FAILED']);
    });

    test('wrong MIME types: the bytes decide', async ({ harness, session }) => {
      await session.faults([
        { match: { kind: 'manifest' }, action: { type: 'content-type', value: 'text/plain' } },
        { match: { kind: 'playlist' }, action: { type: 'content-type', value: 'text/html' } },
        { match: { kind: 'segment' }, action: { type: 'content-type', value: 'text/html' } },
      ]);
      const player = await play(harness, engine, session.url('vod'));
      expect(player.failure).toBeNull();
      await player.untilPicture(({ time }) => time >= 1, 0);
      expect(await player.ofType('error')).toEqual([]);
    });

    test('no playlist at all', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'playlist' }, action: missing }]);
      const player = await play(harness, engine, session.url('vod'));
      expect(player.failure).toMatchObject({ code: 'PLAYLIST_LOAD_FAILED', fatal: true, status: 404 });
      expect((await player.ofType('error')).filter(({ fatal }) => fatal)).toHaveLength(1);
    });

    test('a segment missing in one rendition is fetched in another', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'segment', rung: 9, segment: 1 }, action: missing }]);
      const player = await play(harness, engine, session.url('vod'), { strategy: 'throughput', ...NEAR });
      const error = await player.until('error');
      expect(error).toMatchObject({ code: 'SEGMENT_LOAD_FAILED', category: 'network', fatal: false, status: 404 });
      expect(error.url).toContain('video-9/segment-1.m4s');
      const instead = await player.untilAfter(
        error.at,
        'buffered',
        (fact) => fact.track === 'video' && Math.abs(fact.start - 4) < 0.5,
      );
      expect(instead.rendition).not.toBe(9);
      const retry = await player.untilAfter(error.at, 'decision', (fact) => Math.abs(fact.segment.start - 4) < 0.5);
      expect(retry.candidates, 'the rendition that failed is not open to choice').not.toContain(9);
      await player.untilAfter(error.at, 'recovery', (fact) => fact.code === 'SEGMENT_LOAD_FAILED');
      await player.untilPosition(5);
      expect((await player.ofType('error')).length, 'each trouble is told once').toBe(1);
    });

    test('a segment missing everywhere is left out', async ({ harness, session }) => {
      await session.faults([{ match: { path: 'video-[0-9]+/segment-1\\.m4s' }, action: missing }]);
      const player = await play(harness, engine, session.url('vod'), { strategy: 'throughput', ...NEAR });
      await player.until('error', (fact) => fact.code === 'SEGMENT_LOAD_FAILED');
      await player.until('recovery', (fact) => fact.code === 'SEGMENT_LOAD_FAILED');
      await player.untilPosition(9);
      await player.untilPicture(({ time }) => time >= 9, 0);
      expect((await player.ofType('error')).every(({ fatal }) => !fatal)).toBe(true);
    });

    test('an audio segment missing is left out', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'segment', track: 'audio-en', segment: 1 }, action: missing }]);
      const player = await play(harness, engine, session.url('vod'), NEAR);
      await player.until('error', (fact) => fact.code === 'SEGMENT_LOAD_FAILED');
      await player.untilPosition(9);
      expect((await player.ofType('error')).every(({ fatal }) => !fatal)).toBe(true);
    });

    test('a broken segment is fetched in another rendition', async ({ harness, session }) => {
      await session.faults([
        { match: { kind: 'segment', rung: 9, segment: 1 }, action: { type: 'corrupt', box: 'moof' } },
      ]);
      const player = await play(harness, engine, session.url('vod'), { strategy: 'throughput', ...NEAR });
      const error = await player.until('error');
      expect(['SEGMENT_PARSE_FAILED', 'MEDIA_APPEND_FAILED']).toContain(error.code);
      expect(error).toMatchObject({ category: 'media', fatal: false });
      const instead = await player.untilAfter(
        error.at,
        'buffered',
        (fact) => fact.track === 'video' && Math.abs(fact.start - 4) < 0.5,
      );
      expect(instead.rendition).not.toBe(9);
      await player.untilPosition(5);
      await player.untilPicture(({ time }) => time >= 5, 0);
    });

    test('pictures that cannot be decoded: the media is attached anew and playback goes on', async ({
      harness,
      session,
    }) => {
      await session.faults([
        { match: { kind: 'segment', rung: 9, segment: 1 }, action: { type: 'corrupt', box: 'mdat' } },
      ]);
      const player = await play(harness, engine, session.url('vod'), { strategy: 'throughput', ...NEAR });
      const error = await player.until('error');
      expect(['media', 'decode']).toContain(error.category);
      await player.untilAfter(error.at, 'recovery');
      await player.untilPosition(9);
      await player.untilPicture(({ time }) => time >= 9, 0);
      expect((await player.ofType('error')).every(({ fatal }) => !fatal)).toBe(true);
    });

    test('missing subtitles never stop the picture', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'subtitle' }, action: missing }]);
      const player = await play(harness, engine, session.url('vod'), { textLanguage: 'en' });
      await harness.evaluate(() => {
        const { player } = window.harness;
        player?.selectTextTrack(player.textTracks[0]?.id ?? null);
      });
      const error = await player.until('error');
      expect(error).toMatchObject({ code: 'TEXT_FAILED', fatal: false });
      await player.untilPosition(5);
      expect((await player.ofType('error')).every(({ code, fatal }) => code === 'TEXT_FAILED' && !fatal)).toBe(true);
    });

    test('a missing key is fatal', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'key' }, action: missing }]);
      const player = await play(harness, engine, session.url('encrypted'), { paused: true });
      const error = await player.until('error', (fact) => fact.fatal);
      expect(error).toMatchObject({ code: 'DRM_FAILED', category: 'drm', status: 404 });
    });

    test('a network that comes back is used again', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('long'), { bufferTarget: 8, strategy: 'throughput' });
      await player.untilPosition(2);
      // Everything fails for longer than the pipeline retries a request.
      await session.faults([{ match: { path: '.*' }, action: { type: 'reset' } }]);
      await player.until('error', (fact) => fact.code === 'SEGMENT_LOAD_FAILED');
      const at = await player.now();
      await session.faults([]);
      await player.untilAfter(at, 'buffered', (fact) => fact.track === 'video');
      const from = await harness.evaluate(() => window.harness.video.currentTime);
      await player.untilPosition(from + 2);
      expect((await player.ofType('error')).every(({ fatal }) => !fatal)).toBe(true);
    });

    test('load() given up: ABORTED, no error fact, no request left', async ({ harness, session }) => {
      await session.faults([{ match: { kind: 'manifest' }, action: { type: 'hang' } }]);
      const asked = harness.waitForRequest(/main\.m3u8/);
      await harness.evaluate(
        ({ src, engine }) => {
          const { sluice, video } = window.harness;
          const player = sluice.createPlayer({ media: video, engine });
          window.harness.player = player;
          window.giving = new AbortController();
          window.given = player.load(src, { signal: window.giving.signal }).then(
            () => 'loaded',
            (error) => String((error as { code?: string }).code),
          );
        },
        { src: session.url('vod'), engine },
      );
      await asked;
      const outcome = await harness.evaluate(async () => {
        const { player, video } = window.harness;
        window.giving.abort(new Error('the viewer left'));
        const code = await window.given;
        await player?.destroy();
        return { code, types: player?.events.map(({ type }) => type) ?? [], src: video.getAttribute('src') };
      });
      expect(outcome.code).toBe('ABORTED');
      expect(outcome.types).not.toContain('error');
      expect(outcome.types.at(-1)).toBe('sessionEnd');
      expect(outcome.src).toBeNull();
    });
  });
}
