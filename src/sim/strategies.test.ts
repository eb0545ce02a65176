import { describe, expect, it } from 'vitest';
import { createAbrController } from '../abr/abr-controller.ts';
import { STRATEGY_NAMES, strategyByName } from '../abr/catalogue.ts';
import { sabreEwma } from '../abr/sabre-ewma.ts';
import type { AbrContext, AbrDecision, AbrStrategy } from '../abr/strategy.ts';
import { sessionMetrics } from '../session/session-metrics.ts';
import { toMovie } from './movie.ts';
import type { NetworkTrace } from './network-trace.ts';
import { hls, type PlayerProfile, sabre, shaka } from './profile.ts';
import { type SimulateOptions, simulate, simulateSummary } from './simulate.ts';

const kbps = [300, 750, 1500, 3000, 6000];

const movie = toMovie({
  id: 'test',
  ladder: kbps.map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 })),
  segmentDuration: 2,
  durations: Array.from({ length: 90 }, () => 2),
  // Sizes swing by half around the declared bitrate, as variable bitrate does.
  sizes: Array.from({ length: 90 }, (_, n) => kbps.map((rate) => Math.round(rate * 250 * (1 + Math.sin(n) / 2)))),
});

/** Good, bad, dead and swinging stretches. */
const trace: NetworkTrace = {
  id: 'hard',
  periods: [
    { duration: 20, bandwidth: 8e6, latency: 0.05 },
    { duration: 15, bandwidth: 0.6e6, latency: 0.2 },
    { duration: 6, bandwidth: 0, latency: 0.2 },
    { duration: 10, bandwidth: 3e6, latency: 0.05 },
    { duration: 4, bandwidth: 12e6, latency: 0.02 },
    { duration: 12, bandwidth: 1.4e6, latency: 0.1 },
  ],
};

const PROFILES: Readonly<Record<string, PlayerProfile>> = { sabre: sabre(), hls: hls(), shaka: shaka() };

const cases = STRATEGY_NAMES.flatMap((name) =>
  Object.entries(PROFILES).map(([profile, player]) => [name, profile, player] as const),
);

const options = (name: string, profile: PlayerProfile, over: Partial<SimulateOptions> = {}): SimulateOptions => ({
  movie,
  trace,
  strategy: strategyByName(name),
  estimator: sabreEwma(),
  profile,
  bufferTarget: 20,
  ...over,
});

describe.each(cases)('%s in the %s player', (name, _, profile) => {
  it('plays to the end, and the fold of its facts tells what the summary says', () => {
    const { summary, events, timeline } = simulate(options(name, profile));
    expect(summary.levels).toHaveLength(90);
    expect(timeline.machine.state).toBe('ended');
    const metrics = sessionMetrics(timeline);
    expect(metrics.initialStartupTime).toBeCloseTo(summary.startupTime, 9);
    expect(metrics.playbackStallCount).toBe(summary.stallCount);
    expect(metrics.playbackStallDuration).toBeCloseTo(summary.stallTime, 9);
    expect(metrics.mediaTime).toBeCloseTo(180, 6);
    expect(metrics.switches).toBe(summary.switches);
    expect(metrics.averageBitrate).toBeCloseTo(summary.averageBitrate, 3);
    expect(metrics.bytesLoaded).toBeCloseTo(summary.bytes, 6);
    for (const [at, event] of events.entries()) {
      const before = events[at - 1];
      if (before !== undefined)
        expect(event.at, `fact ${at}: ${event.type} after ${before.type}`).toBeGreaterThanOrEqual(before.at - 1e-9);
    }
  });

  it('gives the same numbers with the log and without, live and again', () => {
    const { summary } = simulate(options(name, profile));
    expect(simulateSummary(options(name, profile))).toEqual(summary);
    const live = { live: { targetLatency: 6, fastRate: 1.05, slowRate: 0.95 } };
    expect(simulateSummary(options(name, profile, live))).toEqual(simulate(options(name, profile, live)).summary);
  });

  it.each([
    ['on demand', {}],
    ['behind a live edge', { live: { targetLatency: 6, fastRate: 1.05, slowRate: 0.95 } }],
  ])('decides in a replay of its facts as it did then, and changes nothing when asked: %s', (_, more) => {
    const asked: { context: AbrContext; answer: AbrDecision }[] = [];
    const inner = strategyByName(name);
    const strategy: AbrStrategy = {
      ...inner,
      decide(context) {
        const answer = inner.decide(context);
        expect(inner.decide(context)).toEqual(answer);
        asked.push({ context, answer });
        return answer;
      },
    };
    const { events } = simulate({ ...options(name, profile, more), strategy });
    const again = strategyByName(name);
    const controller = createAbrController({ strategy: again, estimator: sabreEwma() });
    let next = 0;
    for (const event of events) {
      if (event.type === 'decision' && event.trigger === 'next') {
        const { context, answer } = asked[next] ?? {};
        if (context === undefined) throw new Error(`no question ${next}`);
        expect(again.decide(context)).toEqual(answer);
        expect(controller.throughput()).toBe(context.throughput);
        next += 1;
      }
      controller.observe(event);
    }
    expect(next).toBe(asked.length);
    expect(next).toBeGreaterThanOrEqual(90);
  });

  it('keeps to the candidates it is given', () => {
    const decided: number[] = [];
    const inner = strategyByName(name);
    const strategy: AbrStrategy = {
      ...inner,
      decide(context) {
        const answer = inner.decide({ ...context, candidates: [1, 3] });
        decided.push(answer.index);
        return answer;
      },
    };
    simulateSummary({ ...options(name, profile), strategy, abandonment: false });
    expect(decided.filter((index) => index !== 1 && index !== 3)).toEqual([]);
  });
});
