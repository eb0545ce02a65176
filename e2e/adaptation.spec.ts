/** One strategy drives either engine over a network that changes under it. */
import { expect, test } from './fixture-session.ts';
import { ENGINES, play, stallsOf } from './watched-player.ts';

const constant = (kbps: number, latencyMs = 40): unknown => ({ kind: 'constant', kbps, latencyMs });

for (const engine of ENGINES) {
  test.describe(engine, () => {
    test('climbs when the bandwidth rises', async ({ harness, session }) => {
      await session.network(constant(700));
      const player = await play(harness, engine, session.url('long'), { strategy: 'throughput', bufferTarget: 12 });
      // 0.9 of 0.7 Mbit/s, of which audio takes its share: 375 or 560 kbit/s at most.
      const low = await player.until('decision', (fact) => fact.segment.start >= 8);
      expect(low.index).toBeLessThanOrEqual(2);
      await player.until('buffered', (fact) => fact.track === 'video' && fact.end >= 16);
      await session.network(constant(12_000));
      const high = await player.until('decision', (fact) => fact.index === 9);
      expect(high).toMatchObject({ trigger: 'next' });
      expect(high.inputs.throughput).toBeGreaterThan(5_800_000);
      await player.until('renditionChange', (fact) => fact.index === 9);
      await player.untilPicture(({ rung }) => rung === 9, 0);
      expect(await stallsOf(harness)).toBe(0);
    });

    test('falls at a cliff by giving the download in flight up, without a stall', async ({ harness, session }) => {
      await session.network(constant(8000));
      const player = await play(harness, engine, session.url('long'), { strategy: 'throughput', bufferTarget: 16 });
      // The highest rendition in flight, over a full buffer; then 8 → 0.6 Mbit/s in the middle of it.
      await player.until('decision', (fact) => fact.index === 9 && fact.inputs.bufferLevel > 11);
      const cliff = await player.now();
      await session.network(constant(600));
      const abandon = await player.untilAfter(cliff, 'decision', (fact) => fact.trigger === 'abandon');
      expect(abandon.from).toBe(9);
      expect(abandon.index).toBeLessThan(9);
      // The download was broken off: on the wire, and as a fact with what had arrived.
      const aborted = await player.untilAfter(
        cliff,
        'request',
        (fact) => fact.kind === 'segment' && fact.outcome === 'aborted' && fact.segment?.rendition === 9,
      );
      expect(aborted.segment?.number).toBe(abandon.segment.number);
      expect(aborted.bytes).toBeLessThan(2_868_000);
      // The same segment arrives in a lower rendition, and no decision for its higher one stays in the log afterwards.
      const instead = await player.untilAfter(
        cliff,
        'buffered',
        (fact, start) => fact.track === 'video' && Math.abs(fact.start - start) < 0.5,
        abandon.segment.start,
      );
      expect(instead.rendition).toBeLessThan(9);
      // Whatever the estimator needs to believe it, the picture goes on.
      await player.untilPosition(abandon.segment.start + 4);
      expect(await stallsOf(harness)).toBe(0);
      expect(await player.ofType('error'), 'giving up is no error').toEqual([]);
      const served = (await session.requests()).find(
        ({ rung, segment, aborted }) => rung === 9 && aborted && segment === abandon.segment.number,
      );
      expect(served, 'the server saw the connection go').toBeDefined();
    });

    test('gives a download up when no byte arrives at all', async ({ harness, session }) => {
      await session.network(constant(8000));
      const player = await play(harness, engine, session.url('long'), { strategy: 'throughput', bufferTarget: 12 });
      await player.until('decision', (fact) => fact.index >= 8 && fact.inputs.bufferLevel > 7);
      // From now on the high rungs accept requests and say nothing; the first-byte limit of 10 s would let the buffer run dry.
      await session.faults([8, 9, 7].map((rung) => ({ match: { kind: 'segment', rung }, action: { type: 'hang' } })));
      const at = await player.now();
      const abandon = await player.untilAfter(at, 'decision', (fact) => fact.trigger === 'abandon');
      const silent = await player.untilAfter(
        at,
        'request',
        (fact) => fact.kind === 'segment' && fact.outcome === 'aborted' && fact.bytes === 0,
      );
      expect(silent.at - silent.start).toBeLessThan(10);
      await player.untilAfter(
        at,
        'buffered',
        (fact, start) => fact.track === 'video' && fact.end > start + 4,
        abandon.segment.start,
      );
    });

    test('a strategy that pauses is heard: nothing is fetched while it waits', async ({ harness, session }) => {
      await session.network(constant(20_000));
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
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
            capToPlayerSize: false,
          });
          window.harness.player = player;
          await player.load(src);
          await player.play();
          await new Promise<void>((resolve) =>
            player.events$.subscribe((event) => event.type === 'sample' && event.position > 10 && resolve()),
          );
          return player.events.flatMap((event) => (event.type === 'decision' ? [event.inputs.bufferLevel] : []));
        },
        { src: session.url('long'), engine },
      );
      // A pause lets the level fall to 8 s; one segment of 4 s, and what was in the air, may have been added on top.
      expect(outcome.length).toBeGreaterThan(3);
      expect(Math.max(...outcome)).toBeLessThan(13);
      expect(await stallsOf(harness)).toBe(0);
    });

    test('a cap holds from the first segment on', async ({ harness, session }) => {
      await session.network(constant(20_000));
      const outcome = await harness.evaluate(
        async ({ src, engine }) => {
          const { sluice, abr, video } = window.harness;
          const player = sluice.createPlayer({
            media: video,
            engine,
            strategy: abr.throughput(),
            capToPlayerSize: false,
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
        { src: session.url('long'), engine },
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
