/** Metrics and every model on real playback: what was scored live is what a replay of the exported log scores. */
import { expect, test } from './fixture-session.ts';

for (const engine of ['hls', 'shaka'] as const) {
  test(`${engine}: start, a switch, a seek, a stall and a pause score the same live and replayed`, async ({
    harness,
    session,
  }) => {
    test.setTimeout(120_000);
    await session.network({ kind: 'constant', kbps: 3000 });
    await harness.evaluate(
      async ({ src, engine }) => {
        const { sluice, qoe, abr, video } = window.harness;
        const quality = { segmentDuration: 4, renditions: {} };
        const scorers = qoe.MODEL_NAMES.map((name) => qoe.modelByName(name, { quality }));
        const player = sluice.createPlayer({
          media: video,
          engine,
          strategy: abr.percentile(),
          scorers,
          bufferTarget: 12,
        });
        window.harness.player = player;
        void player.load(src);
        await player.play();
        const passed = (position: number) =>
          new Promise<void>((resolve) => {
            const subscription = player.events$.subscribe((event) => {
              if (event.type !== 'sample' || event.position < position || video.seeking) return;
              resolve();
              queueMicrotask(() => subscription.unsubscribe());
            });
          });
        await passed(6);
        player.seek(30);
        await passed(34);
      },
      { src: session.url('vod'), engine },
    );
    // Nothing more comes: what is buffered is played, then it stalls.
    await session.network({ kind: 'constant', kbps: 8 });
    await harness.evaluate(async () => {
      const { player } = window.harness;
      if (!player) return;
      await new Promise<void>((resolve) => player.state$.subscribe((state) => state === 'rebuffering' && resolve()));
    });
    await session.network({ kind: 'constant', kbps: 6000 });
    const outcome = await harness.evaluate(async () => {
      const { player, qoe } = window.harness;
      if (!player) throw new Error('no player');
      await new Promise<void>((resolve) => player.state$.subscribe((state) => state === 'playing' && resolve()));
      await new Promise<void>((resolve) => player.events$.subscribe((event) => event.type === 'sample' && resolve()));
      player.pause();
      await new Promise<void>((resolve) => player.state$.subscribe((state) => state === 'paused' && resolve()));
      await player.destroy();
      const timeline = qoe.replay(qoe.parseNdjson(player.exportSession()));
      const quality = { segmentDuration: 4, renditions: {} };
      const scorers = qoe.MODEL_NAMES.map((name) => qoe.modelByName(name, { quality }));
      return {
        log: player.exportSession(),
        live: player.qoe,
        replayed: Object.fromEntries(scorers.map((scorer) => [scorer.name, scorer.score(timeline)])),
        liveMetrics: qoe.sessionMetrics(player.timeline),
        metrics: qoe.sessionMetrics(timeline),
      };
    });
    await test.info().attach('session.ndjson', { body: outcome.log, contentType: 'application/x-ndjson' });
    expect(outcome.replayed).toEqual(outcome.live);
    expect(outcome.metrics).toEqual(outcome.liveMetrics);
    const { metrics } = outcome;
    expect(metrics).toMatchObject({ seekCount: 1, playbackFailure: false, exitBeforeStart: false, viewDropped: false });
    expect(metrics.playbackStallCount).toBeGreaterThanOrEqual(1);
    expect(metrics.initialStartupTime).toBeGreaterThan(0);
    // The fixtures are as large as they declare: what was measured is what was declared.
    expect(metrics.measuredBitrate).toBeCloseTo(metrics.averageBitrate as number, -4);
    // Every byte of media was shown or is accounted for; the rest is playlists and initialisation.
    const shown = ((metrics.measuredBitrate as number) * metrics.mediaTime) / 8;
    const rest = metrics.bytesLoaded - shown - metrics.bytesWasted;
    expect(Math.abs(rest) / metrics.bytesLoaded).toBeLessThan(0.03);
  });
}
