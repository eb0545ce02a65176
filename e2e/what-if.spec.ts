/** A session recorded by real engines in a real browser goes into the simulator: as a network, and to be played again by others. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { PlaybackEvent } from '../src/media/playback-event.ts';
import { expect, test } from './fixture-session.ts';
import { ENGINES, play } from './watched-player.ts';

const run = promisify(execFile);

/** `npm run sim` with these arguments. */
async function sim(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'src/sim/cli/main.ts', ...args]);
  return stdout;
}

/** Rendition of the last whole download of each picture segment, by its start. */
function fetched(facts: readonly PlaybackEvent[]): number[] {
  const byStart = new Map<number, number>();
  for (const fact of facts) {
    if (fact.type !== 'request' || fact.kind !== 'segment' || fact.outcome !== 'ok') continue;
    const { segment } = fact;
    if (segment?.track === 'video' && segment.rendition !== null) byStart.set(segment.start, segment.rendition);
  }
  return [...byStart].sort(([a], [b]) => a - b).map(([, rendition]) => rendition);
}

for (const engine of ENGINES) {
  test(`${engine}: a session of the browser is played again as it was, and as other strategies would have`, async ({
    harness,
    session,
  }, info) => {
    await session.network({ kind: 'constant', kbps: 2500, latencyMs: 40 });
    const player = await play(harness, engine, session.url('vod'), { strategy: 'throughput', bufferTarget: 12 });
    await player.untilPosition(16);
    const log = await harness.evaluate(() => {
      const { player } = window.harness;
      if (player === undefined) throw new Error('there is no player');
      return { ndjson: player.exportSession(), facts: player.events };
    });
    const file = info.outputPath('session.ndjson');
    const network = info.outputPath('network.json');
    await writeFile(file, log.ndjson);

    const replay = JSON.parse(await sim('replay', file, '--strategies', 'bola,robustMpc', '--json', '-'));
    const { recorded, resimulated, simulationError, sessions, notes } = replay;
    expect(recorded).toMatchObject({ strategy: 'throughput', levels: fetched(log.facts) });
    expect(recorded.levels.length).toBeGreaterThanOrEqual(6);
    expect(notes[0]).toBe(`timing of ${engine}, 12 s of buffer at most`);
    expect(resimulated.strategy).toBe('throughput');
    expect(resimulated.levels).toHaveLength(recorded.levels.length);
    // On a steady network the simulator finds what the browser did: nearly every choice, and when playback began.
    expect(simulationError.levelsAlike).toBeGreaterThanOrEqual(0.75);
    expect(Math.abs(simulationError.startupTime)).toBeLessThan(1);
    expect(sessions.map(({ strategy }: { strategy: string }) => strategy)).toEqual(['bola', 'robustMpc']);
    for (const { levels } of sessions) expect(levels).toHaveLength(recorded.levels.length);

    const words = await sim('replay', file, '--strategies', 'bola');
    expect(words).toContain(`simulation error, by playing throughput again: `);
    expect(words).toMatch(/bola against throughput, both simulated: QoE [+−]/);

    await sim('--traces', file, '--movie', 'made-up', '--strategies', 'throughput', '--no-reach', '--json', network);
    const { sessions: played } = JSON.parse(await readFile(network, 'utf8'));
    expect(played).toMatchObject([{ trace: 'session', strategy: 'throughput' }]);
    // The shaper lets 2.5 Mbit/s through: a film on demand over what was measured of it is at most that good.
    expect(played[0].averageBitrate).toBeGreaterThan(0.8e6);
    expect(played[0].averageBitrate).toBeLessThan(2.5e6);
  });
}
