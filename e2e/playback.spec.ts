/** Playing real segments: the first frame, what is on screen, seeking, tracks, the live edge, and the end. */
import { expect, test } from './fixture-session.ts';
import { ENGINES, play, stallsOf } from './watched-player.ts';

/** Fast enough that nothing has to be waited for, with a latency as in a city. */
const FAST = { kind: 'constant', kbps: 30_000, latencyMs: 20 };

for (const engine of ENGINES) {
  test.describe(engine, () => {
    test.beforeEach(({ session }) => session.network(FAST));

    test('shows the first frame, and tells of it all in order', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'));
      expect(player.failure).toBeNull();
      await player.until('playing');
      const picture = await player.untilPicture(({ time }) => time >= 0.5, 0);
      expect(picture.rung).toBe(0);

      const facts = await player.facts();
      const first = (type: string): number => facts.findIndex((fact) => fact.type === type);
      const order = ['sessionStart', 'manifest', 'decision', 'buffered', 'renditionChange'].map(first);
      expect(order, 'each is there, in this order').toEqual([...order].sort((a, b) => a - b));
      expect(Math.min(...order)).toBe(0);

      const manifest = await player.until('manifest');
      expect(manifest).toMatchObject({ presentation: 'vod', duration: expect.closeTo(64, 1), targetLatency: null });
      expect(manifest.segmentDuration).toBeCloseTo(4, 1);
      expect(manifest.ladder.map(({ bitrate }) => bitrate / 1000)).toEqual([
        235, 375, 560, 750, 1050, 1750, 2350, 3000, 4300, 5800,
      ]);
      expect(manifest.ladder.map(({ height }) => height)).toEqual([180, 216, 288, 360, 432, 540, 720, 720, 1080, 1080]);
      expect(manifest.audioTracks.map(({ language }) => language)).toEqual(['en', 'fr']);
      expect(manifest.textTracks.map(({ language, kind }) => `${language} ${kind}`)).toEqual([
        'en subtitles',
        'fr subtitles',
      ]);
    });

    test('tells every request for what it was: kind, rendition, place, bytes and times', async ({
      harness,
      session,
    }) => {
      const player = await play(harness, engine, session.url('vod'), { textLanguage: 'en' });
      await player.until(
        'request',
        (fact) => fact.kind === 'segment' && fact.segment?.track === 'video' && fact.segment.number === 2,
      );
      await player.until('request', (fact) => fact.kind === 'subtitle');
      const requests = await player.ofType('request');
      const kinds = new Set(requests.map(({ kind }) => kind));
      expect([...kinds].sort()).toEqual(['init', 'manifest', 'playlist', 'segment', 'subtitle']);

      const video = requests.filter(
        ({ kind, segment, outcome }) => kind === 'segment' && segment?.track === 'video' && outcome === 'ok',
      );
      for (const { url, segment, bytes, start, firstByte, at, status, attempt, fromCache } of video) {
        const [, rung, number] = /video-(\d+)\/segment-(\d+)\.m4s/.exec(url) ?? [];
        expect(segment).toMatchObject({ rendition: Number(rung), number: Number(number) });
        expect(segment?.start).toBeCloseTo(Number(number) * 4, 1);
        expect(segment?.duration).toBeCloseTo(4, 1);
        expect({ status, attempt, fromCache }).toEqual({ status: 200, attempt: 1, fromCache: false });
        expect(bytes).toBeGreaterThan(10_000);
        expect(start).toBeLessThan(firstByte ?? 0);
        expect(firstByte ?? 0).toBeLessThan(at);
      }
      const audio = requests.find(({ kind, url }) => kind === 'segment' && url.includes('audio-en'));
      expect(audio?.segment).toMatchObject({ track: 'audio', rendition: null, number: 0 });
      expect(requests.find(({ kind }) => kind === 'subtitle')?.segment).toMatchObject({
        track: 'text',
        rendition: null,
      });
      const init = requests.find(({ kind, url }) => kind === 'init' && url.includes('video-'));
      expect(init?.segment).toMatchObject({ track: 'video', number: null });

      // Nothing that went over the wire is missing in the log; what the end breaks off is told of too.
      await harness.evaluate(() => window.harness.player?.destroy());
      const told = (await player.ofType('request')).map(({ url }) => new URL(url).pathname);
      const served = (await session.requests()).map(({ path }) => path);
      expect(served.filter((path) => !told.some((url) => url.endsWith(path)))).toEqual([]);
    });

    test('one decision for each picture segment, told before its bytes are in', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'));
      await player.until('buffered', (fact) => fact.track === 'video' && fact.start > 15);
      const facts = await player.facts();
      for (const number of [0, 1, 2, 3]) {
        const decisions = facts.filter((fact) => fact.type === 'decision' && fact.segment.number === number);
        expect(decisions, `segment ${number}`).toHaveLength(1);
        const [decision] = decisions;
        if (decision?.type !== 'decision') throw new Error('no decision');
        expect(decision.segment.start).toBeCloseTo(number * 4, 1);
        expect(decision.reason).not.toBe('');
        expect(decision.candidates).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const request = facts.find(
          (fact) =>
            fact.type === 'request' &&
            fact.kind === 'segment' &&
            fact.segment?.track === 'video' &&
            fact.segment.number === number,
        );
        if (request?.type !== 'request') throw new Error('no request');
        expect(request.segment?.rendition).toBe(decision.index);
        expect(facts.indexOf(decision)).toBeLessThan(facts.indexOf(request));
      }
    });

    test('a rendition by hand comes on screen soon, stays, and the choice can be given back', async ({
      harness,
      session,
    }) => {
      const player = await play(harness, engine, session.url('long'), { bufferTarget: 20 });
      await player.until('buffered', (fact) => fact.track === 'video' && fact.end >= 20);
      const before = await harness.evaluate(() => {
        const { player, video } = window.harness;
        player?.selectRendition(2);
        return { position: video.currentTime, at: player?.events.at(-1)?.at ?? 0 };
      });
      const shown = await player.untilAfter(before.at, 'renditionChange', (fact) => fact.index === 2);
      // 20 s were buffered in other renditions: it must not have to play them first.
      expect(shown.position - before.position).toBeLessThan(14);
      await player.untilPicture(({ rung }) => rung === 2, 0);
      const after = (await player.ofType('decision')).filter(({ at }) => at > before.at);
      expect(after.length).toBeGreaterThan(0);
      expect(after.every(({ trigger, index }) => trigger === 'selection' && index === 2)).toBe(true);
      expect(await stallsOf(harness)).toBe(0);

      const at = await player.now();
      await harness.evaluate(() => window.harness.player?.selectRendition(null));
      const next = await player.untilAfter(at, 'decision', (fact) => fact.trigger === 'next');
      expect(next.index).toBeGreaterThan(2);
    });

    test('seeks forward out of the buffer and back into it', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('long'));
      await player.untilPosition(2);
      await harness.evaluate(() => window.harness.player?.seek(301));
      await player.until('seeked', (fact) => fact.position >= 301);
      // The picture repeats every 64 s: 301 s is 45 s into a round.
      await player.untilPicture(({ time }) => time >= 45 && time < 50, 0);
      await harness.evaluate(() => window.harness.player?.seek(3));
      await player.until('seeked', (fact) => fact.position >= 3 && fact.position < 5);
      await player.untilPicture(({ time }) => time >= 3 && time < 8, 0);
      const timeline = await harness.evaluate(() => window.harness.player?.timeline);
      expect(timeline?.seeks).toHaveLength(2);
      expect(timeline?.stalls, 'a seek is no stall').toHaveLength(0);
    });

    test('starts where it is told to', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'), { startPosition: 30 });
      await player.until('playing');
      const picture = await player.untilPicture(() => true, 0);
      expect(picture.time).toBeGreaterThanOrEqual(29.9);
      expect(picture.time).toBeLessThan(40);
      const requests = await player.ofType('request');
      const first = requests.find(({ kind, segment }) => kind === 'segment' && segment?.track === 'video');
      expect(first?.segment?.number).toBe(7);
    });

    test('subtitles are shown and put away', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'));
      await player.untilPosition(1);
      const shownCue = (): Promise<string> =>
        harness.evaluate(() => {
          const showing = [...window.harness.video.textTracks].filter(({ mode }) => mode === 'showing');
          const cues = showing.flatMap((track) => [...(track.activeCues ?? [])] as VTTCue[]);
          return cues.map(({ text }) => text).join(' ');
        });
      expect(await shownCue()).toBe('');
      const [, french] = await harness.evaluate(() => window.harness.player?.textTracks ?? []);
      expect(french?.language).toBe('fr');
      await harness.evaluate((id) => window.harness.player?.selectTextTrack(id ?? null), french?.id);
      await player.until('textTrackChange', (fact, id) => fact.id === id, french?.id);
      await expect.poll(shownCue).toMatch(/0:\d\d/);
      await harness.evaluate(() => window.harness.player?.selectTextTrack(null));
      await player.until('textTrackChange', (fact) => fact.id === null);
      await expect.poll(shownCue).toBe('');
    });

    test('audio changes its language without a stall', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'), { bufferTarget: 12 });
      await player.untilPosition(2);
      const [, french] = await harness.evaluate(() => window.harness.player?.audioTracks ?? []);
      await harness.evaluate((id) => window.harness.player?.selectAudioTrack(id ?? ''), french?.id);
      await player.until('audioTrackChange', (fact, id) => fact.id === id, french?.id);
      await player.until(
        'request',
        (fact) => fact.kind === 'segment' && fact.url.includes('audio-fr') && fact.outcome === 'ok',
      );
      expect(await harness.evaluate(() => window.harness.player?.audioTrack)).toBe(french?.id);
      const from = await harness.evaluate(() => window.harness.video.currentTime);
      await player.untilPosition(from + 3);
      // Which picture segments are there did not change.
      expect(await player.ofType('error')).toEqual([]);
      expect(await stallsOf(harness)).toBe(0);
    });

    test('audio inside the segments', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('muxed'));
      await player.untilPosition(6);
      const manifest = await player.until('manifest');
      expect(manifest.ladder).toHaveLength(10);
      const segments = (await player.ofType('request')).filter(({ kind }) => kind === 'segment');
      expect(new Set(segments.map(({ segment }) => segment?.track))).toEqual(new Set(['muxed']));
      expect(segments.every(({ segment }) => segment?.rendition !== null)).toBe(true);
      const buffered = await player.ofType('buffered');
      expect(buffered.some(({ track, rendition }) => track === 'muxed' && rendition !== null)).toBe(true);
    });

    test('encrypted segments, with their key over the pipeline', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('encrypted'));
      await player.untilPicture(({ time }) => time >= 1, 0);
      expect((await player.ofType('request')).filter(({ kind }) => kind === 'key')).toHaveLength(1);
    });

    test('live: starts behind the edge, follows it, and comes back to it', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('live'));
      await player.until('playing');
      const manifest = await player.until('manifest');
      expect(manifest).toMatchObject({ presentation: 'live', duration: null });
      expect(manifest.targetLatency).toBeGreaterThan(0);
      const latency = (): Promise<number | null> => harness.evaluate(() => window.harness.player?.liveLatency ?? null);
      const first = await latency();
      expect(first).toBeGreaterThan(1);
      expect(first).toBeLessThan(30);
      // The window slides: what was not there at the start gets played.
      const edge = Math.max(...(await player.ofType('buffered')).map(({ end }) => end));
      await player.until('buffered', (fact, end) => fact.track === 'video' && fact.end > end + 3, edge);

      await harness.evaluate(() => {
        const { player, video } = window.harness;
        player?.seek(Math.max(video.currentTime - 12, 0));
      });
      const at = (await player.until('seeked', (fact) => fact.position > 0)).at;
      await expect.poll(latency).toBeGreaterThan((first ?? 0) + 5);
      await harness.evaluate(() => window.harness.player?.seekToLive());
      await player.untilAfter(at, 'playing');
      await expect.poll(latency).toBeLessThan((first ?? 0) + 5);
      expect(await player.ofType('error')).toEqual([]);
    });

    test('plays to its end', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'), { startPosition: 58 });
      await player.until('ended');
      const state = await harness.evaluate(async () => {
        const { player, video } = window.harness;
        return { state: player?.state, ended: video.ended, position: video.currentTime };
      });
      expect(state).toMatchObject({ state: 'ended', ended: true });
      expect(state.position).toBeCloseTo(64, 0);
      const end = await harness.evaluate(async () => {
        const { player } = window.harness;
        await player?.destroy();
        return player?.events.at(-1);
      });
      expect(end).toMatchObject({ type: 'sessionEnd', reason: 'ended' });
    });

    test('a second load() ends the first session and plays the other source', async ({ harness, session }) => {
      const player = await play(harness, engine, session.url('vod'));
      await player.untilPosition(1);
      await harness.evaluate(async (src) => {
        const { player } = window.harness;
        await player?.load(src);
        await player?.play();
      }, session.url('muxed'));
      await player.until('playing');
      const facts = await player.facts();
      expect(facts.filter(({ type }) => type === 'sessionStart')).toHaveLength(1);
      expect(facts[0]).toMatchObject({ type: 'sessionStart', src: session.url('muxed') });
    });
  });
}
