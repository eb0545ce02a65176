import { describe, expect, it } from 'vitest';
import { type Movie, toMovie } from '../movie.ts';
import { hls, shaka } from '../profile.ts';
import { type SimulateOptions, simulate } from '../simulate.ts';
import { PEERS } from './peers.ts';
import { simulatedGlobals } from './simulated-globals.ts';

const movieOf = (...kbps: number[]): Movie =>
  toMovie({
    id: 'test',
    ladder: kbps.map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 })),
    segmentDuration: 4,
    durations: Array.from({ length: 60 }, () => 4),
    sizes: Array.from({ length: 60 }, () => kbps.map((rate) => rate * 500)),
  });

const steady = (mbps: number) => ({
  id: 'steady',
  periods: [{ duration: 1000, bandwidth: mbps * 1e6, latency: 0.05 }],
});

async function levelsAt(peer: keyof typeof PEERS, movie: Movie, mbps: number): Promise<readonly number[]> {
  const { create } = await PEERS[peer].load();
  const profile = peer === 'hlsjs' ? hls() : shaka();
  return simulate({ movie, trace: steady(mbps), strategy: create(), profile }).summary.levels;
}

describe('simulatedGlobals', () => {
  it('puts its clock in place for one call, and leaves nothing behind', () => {
    const globals = simulatedGlobals();
    const { performance: real } = globalThis;
    globals.setTime(1234);
    expect(globals.within(() => performance.now())).toBe(1234);
    expect(globals.within(() => Date.now())).toBe(1235);
    expect(() =>
      globals.within(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(globalThis.performance).toBe(real);
    expect(Date.now()).toBeGreaterThan(1e12);
    expect(typeof document).toBe('undefined');
  });

  it('runs timers in the order they are due, as often as they are', () => {
    const globals = simulatedGlobals();
    const ran: string[] = [];
    globals.within(() => {
      setInterval(() => ran.push('each 100'), 100);
      const stopped = setInterval(() => ran.push('never'), 10);
      clearInterval(stopped);
      setTimeout(() => ran.push('at 150'), 150);
    });
    globals.setTime(220);
    globals.runTimers();
    expect(ran).toEqual(['each 100', 'at 150', 'each 100']);
  });
});

describe('hlsjs', () => {
  it('is the package that is installed', async () => {
    const { default: Hls } = await import('hls.js');
    expect((await PEERS.hlsjs.load()).version).toBe(Hls.version);
  });

  it('goes up only to what 70 % of its estimate carries, as hls.js does', async () => {
    // 70 % of 4 Mbit/s are 2.8.
    expect((await levelsAt('hlsjs', movieOf(1000, 2700, 3500), 4)).at(-1)).toBe(1);
    expect((await levelsAt('hlsjs', movieOf(1000, 2900, 3500), 4)).at(-1)).toBe(0);
  });

  it('starts from its default estimate of 500 kbit/s', async () => {
    expect((await levelsAt('hlsjs', movieOf(300, 450, 600), 50))[0]).toBe(1);
    expect((await levelsAt('hlsjs', movieOf(300, 550, 600), 50))[0]).toBe(0);
  });

  it('gives up a fragment that loads too slowly for the buffer', async () => {
    const { create } = await PEERS.hlsjs.load();
    const options: SimulateOptions = {
      movie: movieOf(300, 1500, 3000),
      trace: {
        id: 'cliff',
        periods: [
          { duration: 60, bandwidth: 8e6, latency: 0.05 },
          { duration: 300, bandwidth: 0.4e6, latency: 0.05 },
        ],
      },
      strategy: create(),
      profile: hls(),
      bufferTarget: 12,
    };
    const { summary, events } = simulate(options);
    expect(summary.abandonments).toBeGreaterThan(0);
    const given = events.find((event) => event.type === 'decision' && event.trigger === 'abandon');
    expect(given).toMatchObject({ reason: 'hls.js: fragment is loading too slowly' });
    // hls.js looks at a fragment only after half of its duration.
    const aborted = events.find((event) => event.type === 'request' && event.outcome === 'aborted');
    if (aborted?.type !== 'request') throw new Error('no aborted request');
    expect(aborted.at - aborted.start).toBeGreaterThan(2);
  });
});

describe('shaka', () => {
  it('goes up to what 95 % of its estimate carries, as shaka does', async () => {
    // Its two thresholds overlap (85 % of the next, 95 % of the own), and of what lies in both it takes the higher. Progress is
    // told of with the wait for the first byte in it: 4 Mbit/s are measured as a little less.
    expect((await levelsAt('shaka', movieOf(1000, 3500, 3950), 4)).at(-1)).toBe(1);
    expect((await levelsAt('shaka', movieOf(1000, 3850, 3950), 4)).at(-1)).toBe(0);
  });

  it('starts from its default estimate of 1 Mbit/s', async () => {
    expect((await levelsAt('shaka', movieOf(300, 940, 1500), 50))[0]).toBe(1);
    expect((await levelsAt('shaka', movieOf(300, 960, 1500), 50))[0]).toBe(0);
  });
});
