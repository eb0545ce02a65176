/** The browser's own HLS: it plays, what it cannot offer is said, and nothing is made up about what it does not tell. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixture-session.ts';
import { play, stallsOf } from './watched-player.ts';

const FAST = { kind: 'constant', kbps: 30_000, latencyMs: 20 };

/** Whether this browser plays HLS itself: Safari does, Chromium from 142. */
const playsHls = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '');

test.beforeEach(async ({ harness, session }) => {
  test.skip(!(await playsHls(harness)), 'this browser plays no HLS of its own');
  await session.network(FAST);
});

test('shows the first frame, and tells what it knows', async ({ harness, session }) => {
  const player = await play(harness, 'native', session.url('vod'));
  expect(player.failure).toBeNull();
  await player.until('playing');
  await player.untilPicture(({ time }) => time >= 0.5, 0);
  const manifest = await player.until('manifest');
  expect(manifest).toMatchObject({ presentation: 'vod', duration: expect.closeTo(64, 1), ladder: [] });
  const sample = await player.until('sample', (fact) => fact.bufferLevel > 1 && fact.totalFrames > 10);
  expect(sample.position).toBeGreaterThanOrEqual(0);
  expect(await harness.evaluate(() => window.harness.player?.state)).toBe('playing');
});

test('makes nothing up: no renditions, requests, decisions or caps, and no score', async ({ harness, session }) => {
  const player = await play(harness, 'native', session.url('vod'), { dataSaver: true });
  await player.untilPosition(3);
  const types = new Set((await player.facts()).map(({ type }) => type));
  for (const unknown of ['request', 'decision', 'buffered', 'renditionChange', 'cap'] as const) {
    expect(types.has(unknown), unknown).toBe(false);
  }
  const outcome = await harness.evaluate(() => {
    const { player } = window.harness;
    player?.capRendition({ height: 360 });
    return {
      engine: player?.engine,
      limits: player?.limits,
      renditions: player?.renditions,
      rendition: player?.rendition,
      throughput: player?.throughput,
      scores: Object.values(player?.qoe ?? {}).map(({ value }) => value),
      caps: player?.events.filter(({ type }) => type === 'cap').length,
    };
  });
  expect(outcome).toMatchObject({ engine: 'native', renditions: [], rendition: null, throughput: null, caps: 0 });
  expect(outcome.scores.every((value) => value === null)).toBe(true);
  expect(outcome.limits?.join('\n')).toMatch(/chooses the rendition[\s\S]*no bitrates[\s\S]*no request facts/);
});

test('pauses, plays on, changes its rate and seeks', async ({ harness, session }) => {
  const player = await play(harness, 'native', session.url('vod'));
  await player.untilPosition(1);
  await harness.evaluate(() => window.harness.player?.pause());
  await player.until('pause');
  expect(await harness.evaluate(() => window.harness.player?.state)).toBe('paused');
  const paused = await player.now();
  await harness.evaluate(async () => {
    const { player } = window.harness;
    if (player) player.rate = 1.5;
    await player?.play();
  });
  await player.untilAfter(paused, 'playing');
  await player.untilAfter(paused, 'rateChange', (fact) => fact.rate === 1.5);

  await harness.evaluate(() => window.harness.player?.seek(40));
  await player.until('seeked', (fact) => fact.position >= 40);
  await player.untilPicture(({ time }) => time >= 40 && time < 50, 0);
  expect(await stallsOf(harness), 'a seek is no stall').toBe(0);
});

test('starts where it is told to, and plays to its end', async ({ harness, session }) => {
  const player = await play(harness, 'native', session.url('vod'), { startPosition: 60 });
  const first = await player.untilPicture(() => true, 0);
  expect(first.time).toBeGreaterThanOrEqual(59.9);
  await player.until('ended');
  const end = await harness.evaluate(async () => {
    const { player, video } = window.harness;
    const state = player?.state;
    await player?.destroy();
    return { state, last: player?.events.at(-1), src: video.getAttribute('src') };
  });
  expect(end).toMatchObject({ state: 'ended', last: { type: 'sessionEnd', reason: 'ended' }, src: null });
});

test('live: known as such, without a latency that it cannot know', async ({ harness, session }) => {
  const player = await play(harness, 'native', session.url('live'));
  await player.until('playing');
  expect(await player.until('manifest')).toMatchObject({ presentation: 'live', duration: null, targetLatency: null });
  const outcome = await harness.evaluate(() => {
    const { player, video } = window.harness;
    const before = video.currentTime;
    player?.seekToLive();
    const { seekable } = video;
    return {
      latency: player?.liveLatency,
      edge: seekable.length === 0 ? null : seekable.end(seekable.length - 1),
      before,
      after: video.currentTime,
    };
  });
  if (outcome.edge === null) {
    expect(outcome.latency).toBeNull();
    expect(outcome.after).toBeCloseTo(outcome.before, 1);
  } else {
    expect(outcome.latency).toBeGreaterThanOrEqual(0);
    expect(outcome.after).toBeGreaterThanOrEqual(outcome.before);
  }
});

test('a missing manifest: load() rejects with its code, status and cause', async ({ harness, session }) => {
  await session.faults([{ match: { kind: 'manifest' }, action: { type: 'status', status: 404 } }]);
  const player = await play(harness, 'native', session.url('vod'));
  expect(player.failure).toEqual({
    name: 'PlayerError',
    code: 'MANIFEST_LOAD_FAILED',
    category: 'manifest',
    fatal: true,
    status: 404,
    hasCause: true,
  });
  expect((await player.ofType('error')).map(({ code, fatal }) => ({ code, fatal }))).toEqual([
    { code: 'MANIFEST_LOAD_FAILED', fatal: true },
  ]);
  expect(await harness.evaluate(() => window.harness.player?.state)).toBe('failed');
});

test('a manifest that is none', async ({ harness, session }) => {
  await session.faults([{ match: { kind: 'manifest' }, action: { type: 'truncate', bytes: 3 } }]);
  const player = await play(harness, 'native', session.url('vod'));
  expect(player.failure).toMatchObject({ code: 'MANIFEST_PARSE_FAILED', category: 'manifest', fatal: true });
  expect((await player.ofType('error')).map(({ code }) => code)).toEqual(['MANIFEST_PARSE_FAILED']);
});

test('a playlist of which the browser can play nothing', async ({ harness, session }) => {
  await session.faults([{ match: { kind: 'playlist' }, action: { type: 'status', status: 404 } }]);
  const player = await play(harness, 'native', session.url('vod'));
  expect(player.failure).toMatchObject({ code: 'MANIFEST_NO_PLAYABLE_RENDITION', fatal: true, hasCause: true });
});

test('a broken segment is fatal, and told once: the browser gives up', async ({ harness, session }) => {
  await session.faults([{ match: { kind: 'segment', segment: [2, 99] }, action: { type: 'corrupt', box: 'moof' } }]);
  const player = await play(harness, 'native', session.url('vod'));
  const error = await player.until('error');
  expect(error).toMatchObject({ fatal: true, code: 'MEDIA_DECODE_FAILED' });
  expect(error.message).not.toBe('');
  expect(await player.ofType('error')).toHaveLength(1);
  expect(await harness.evaluate(() => window.harness.player?.state)).toBe('failed');
});

test('load() given up, and a second load()', async ({ harness, session }) => {
  const outcome = await harness.evaluate(
    async ({ src, other }) => {
      const { sluice, video } = window.harness;
      const player = sluice.createPlayer({ media: video, engine: 'native' });
      window.harness.player = player;
      const giving = new AbortController();
      const given = player.load(src, { signal: giving.signal }).then(
        () => 'loaded',
        (error) => String((error as { code?: string }).code),
      );
      giving.abort(new Error('the viewer left'));
      const code = await given;
      await player.load(other);
      await player.play();
      return { code, errors: player.events.filter(({ type }) => type === 'error').length };
    },
    { src: session.url('vod'), other: session.url('muxed') },
  );
  expect(outcome).toEqual({ code: 'ABORTED', errors: 0 });
  await expect.poll(() => harness.evaluate(() => window.harness.video.currentTime)).toBeGreaterThan(0.5);
});

test('players come and go and leave the element as it was', async ({ harness, session }) => {
  const outcome = await harness.evaluate(async (src) => {
    const { sluice, video } = window.harness;
    video.preload = 'none';
    for (let round = 0; round < 10; round += 1) {
      const player = sluice.createPlayer({ media: video, engine: 'native' });
      await player.load(src);
      await player.destroy();
      await player.destroy();
      if (player.events.at(-1)?.type !== 'sessionEnd') throw new Error('a fact came after the end');
    }
    return { src: video.getAttribute('src'), preload: video.preload, children: video.children.length };
  }, session.url('vod'));
  expect(outcome).toEqual({ src: null, preload: 'none', children: 0 });
});
