/** One strategy drives either engine over a network that changes under it. */
import { expect, test } from './fixture-session.ts';
import { ENGINES, play, stallsOf } from './watched-player.ts';

/** What the test machine can draw is not what is tested. */
const uncapped = { capToPlayerSize: false, capOnDroppedFrames: false };

const constant = (kbps: number, latencyMs = 40): unknown => ({ kind: 'constant', kbps, latencyMs });

for (const engine of ENGINES) {
  test.describe(engine, () => {
    test('climbs when the bandwidth rises', async ({ harness, session }) => {
      await session.network(constant(900));
      const player = await play(harness, engine, session.url('long'), { strategy: 'throughput', bufferTarget: 8 });
      // 0.9 of 0.9 Mbit/s: 750 kbit/s at most.
      const low = await player.until('decision', (fact) => fact.segment.start >= 4);
      expect(low.index).toBeLessThanOrEqual(3);
      await session.network(constant(30_000));
      const high = await player.until('decision', (fact) => fact.index === 9);
      expect(high).toMatchObject({ trigger: 'next' });
      expect(high.inputs.throughput).toBeGreaterThan(5_800_000);
      await player.until('renditionChange', (fact) => fact.index === 9);
      await player.untilPicture(({ rung }) => rung === 9, 0);
      expect(await stallsOf(harness)).toBe(0);
    });

    test('falls at a cliff by giving the download in flight up, without a stall', async ({ harness, session }) => {
      await session.network(constant(8000));
      const player = await play(harness, engine, session.url('long'), { strategy: 'throughput', bufferTarget: 12 });
      // Fill the buffer with small segments, so that the test does not take long; then the highest rendition is in flight over
      // a full buffer, and 8 Mbit/s become 0.6 in the middle of it.
      await harness.evaluate(() => window.harness.player?.capRendition({ index: 4 }));
      await player.until('decision', (fact) => fact.inputs.bufferLevel > 11);
      const full = await player.now();
      await harness.evaluate(() => window.harness.player?.capRendition(null));
      await player.untilAfter(full, 'decision', (fact) => fact.index >= 8 && fact.inputs.bufferLevel > 11);
      const cliff = await player.now();
      await session.network(constant(600));
      const abandon = await player.untilAfter(cliff, 'decision', (fact) => fact.trigger === 'abandon');
      expect(abandon.from).toBeGreaterThanOrEqual(8);
      expect(abandon.index).toBeLessThan(abandon.from ?? 0);
      // The download was broken off: on the wire, and as a fact with what had arrived.
      const aborted = await player.untilAfter(
        cliff,
        'request',
        (fact, from) => fact.kind === 'segment' && fact.outcome === 'aborted' && fact.segment?.rendition === from,
        abandon.from,
      );
      expect(aborted.segment?.number).toBe(abandon.segment.number);
      expect(aborted.bytes).toBeLessThan(2_118_000);
      // The same segment arrives in a lower rendition.
      const instead = await player.untilAfter(
        cliff,
        'buffered',
        (fact, start) => fact.track === 'video' && Math.abs(fact.start - start) < 0.5,
        abandon.segment.start,
      );
      expect(instead.rendition).toBeLessThan(abandon.from ?? 0);
      // Whatever the estimator needs to believe it, the picture goes on.
      await player.untilPosition(abandon.segment.start + 1);
      expect(await stallsOf(harness)).toBe(0);
      expect(await player.ofType('error'), 'giving up is no error').toEqual([]);
      const served = (await session.requests()).find(
        ({ rung, segment, aborted }) => rung === abandon.from && aborted && segment === abandon.segment.number,
      );
      expect(served, 'the server saw the connection go').toBeDefined();
    });

    test('gives a download up of which no byte arrives at all', async ({ harness, session }) => {
      await session.network(constant(20_000));
      // From the third segment on, high rungs accept requests and say nothing: no progress event will ever come.
      await session.faults([{ match: { kind: 'segment', rung: 9, segment: [2, 999] }, action: { type: 'hang' } }]);
      const outcome = await harness.evaluate(
        async ({ src, engine, uncapped }) => {
          const { sluice, video } = window.harness;
          const strategy = { name: 'highest', decide: () => ({ index: 9, reason: 'the highest' }) };
          const player = sluice.createPlayer({ media: video, engine, strategy, ...uncapped });
          window.harness.player = player;
          await player.load(src);
          await player.play();
          const instead = await new Promise((resolve) =>
            player.events$.subscribe((event) => {
              if (event.type === 'buffered' && event.track === 'video' && event.start > 7) resolve(event);
            }),
          );
          return { instead, events: player.events, stalls: player.timeline.stalls.length };
        },
        { src: session.url('long'), engine, uncapped },
      );
      const silent = outcome.events.find(
        (event) => event.type === 'request' && event.outcome === 'aborted' && event.segment?.number === 2,
      );
      expect(silent).toMatchObject({ bytes: 0, firstByte: null, error: 'ABORTED', segment: { rendition: 9 } });
      if (silent?.type !== 'request') throw new Error('no request');
      // Long before the pipeline's own limit on the first byte, 10 s, and before the buffer of two segments ran dry.
      expect(silent.at - silent.start).toBeLessThan(8);
      const abandon = outcome.events.find(
        (event) => event.type === 'decision' && event.trigger === 'abandon' && event.segment.number === 2,
      );
      expect(abandon).toMatchObject({ from: 9 });
      expect(outcome.instead).not.toMatchObject({ rendition: 9 });
      expect(outcome.stalls).toBe(0);
    });

    test('a link of long latency is used to the full', async ({ harness, session }) => {
      await session.network(constant(20_000, 700));
      const player = await play(harness, engine, session.url('long'), { strategy: 'throughput' });
      await player.until('buffered', (fact) => fact.track === 'video' && fact.start > 11);
      const decisions = await player.ofType('decision');
      expect(decisions.filter(({ trigger }) => trigger === 'abandon')).toEqual([]);
      expect(decisions.at(-1)?.index).toBe(9);
      // The wait for the first byte is told apart from the transfer: 20 Mbit/s stay 20 Mbit/s.
      expect(decisions.at(-1)?.inputs.throughput).toBeGreaterThan(15e6);
      expect(decisions.at(-1)?.inputs.latency).toBeGreaterThan(0.6);
      expect(await stallsOf(harness)).toBe(0);
    });

    test('a strategy that pauses is heard: nothing is fetched while it waits', async ({ harness, session }) => {
      await session.network(constant(20_000));
      const outcome = await harness.evaluate(
        async ({ src, engine, uncapped }) => {
          const { sluice, video } = window.harness;
          const strategy = {
            name: 'pauses',
            // Full at 8 s, whatever the engine's own target.
            decide: ({ bufferLevel }: { bufferLevel: number }) =>
              bufferLevel > 8 ? { index: 0, reason: 'enough', wait: bufferLevel - 8 } : { index: 0, reason: 'more' },
          };
          const player = sluice.createPlayer({
            media: video,
            engine,
            strategy,
            bufferTarget: 40,
            ...uncapped,
          });
          window.harness.player = player;
          await player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe((event) => event.type === 'sample' && event.position > 10 && resolve()),
          );
          return player.events.flatMap((event) => (event.type === 'decision' ? [event.inputs.bufferLevel] : []));
        },
        { src: session.url('long'), engine, uncapped },
      );
      // A pause lets the level fall to 8 s; one segment of 4 s, and what was in the air, may have been added on top.
      expect(outcome.length).toBeGreaterThan(3);
      expect(Math.max(...outcome)).toBeLessThan(13);
      expect(await stallsOf(harness)).toBe(0);
    });

    test('a cap holds from the first segment on', async ({ harness, session }) => {
      await session.network(constant(20_000));
      const outcome = await harness.evaluate(
        async ({ src, engine, uncapped }) => {
          const { sluice, abr, video } = window.harness;
          const player = sluice.createPlayer({
            media: video,
            engine,
            strategy: abr.throughput(),
            ...uncapped,
          });
          window.harness.player = player;
          player.capRendition({ height: 360 });
          await player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe(
              (event) => event.type === 'buffered' && event.track === 'video' && event.end > 15 && resolve(),
            ),
          );
          return player.events.flatMap((event) =>
            event.type === 'decision' ? [{ index: event.index, candidates: event.candidates }] : [],
          );
        },
        { src: session.url('long'), engine, uncapped },
      );
      expect(outcome.every(({ candidates }) => candidates.join() === '0,1,2,3')).toBe(true);
      expect(Math.max(...outcome.map(({ index }) => index))).toBe(3);
    });

    test('the buffer target is the target, however low the rendition', async ({ harness, session }) => {
      await session.network(constant(20_000));
      const player = await play(harness, engine, session.url('long'), { bufferTarget: 10, paused: true });
      await harness.evaluate(() => window.harness.player?.selectRendition(0));
      await player.until('buffered', (fact) => fact.track === 'video' && fact.end >= 10);
      const full = await player.now();
      await harness.evaluate(() => window.harness.player?.play());
      await player.untilAfter(full, 'request', (fact) => fact.kind === 'segment' && fact.segment?.track === 'video');
      const levels = (await player.ofType('sample')).map(({ bufferLevel }) => bufferLevel);
      expect(Math.max(...levels)).toBeLessThanOrEqual(14.1);
    });
  });
}
