import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAbrController } from '../abr/abr-controller.ts';
import { capacityAware } from '../abr/capacity-aware.ts';
import type { AbrInput } from '../abr/strategy.ts';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { simulatedClock } from '../media/simulated-clock.ts';
import { checkFact } from '../session/fact-schema.ts';
import { cmsd, parseCmsdDynamic } from './cmsd.ts';
import { type HttpHandler, httpRequest } from './http.ts';

const LADDER = [
  { id: '480', bitrate: 1e6, height: 480 },
  { id: '720', bitrate: 3e6, height: 720 },
  { id: '1080', bitrate: 5e6, height: 1080 },
  { id: '2160', bitrate: 15e6, height: 2160 },
];

describe('CMSD-Dynamic', () => {
  it('is read from the hop nearest to the viewer, in our units', () => {
    expect(parseCmsdDynamic('"CDNB-3ak1";etp=96;rtt=8')).toEqual({
      type: 'edge',
      load: null,
      peakHour: null,
      maxBitrate: null,
      throughput: 96_000,
      roundTripTime: 0.008,
    });
    expect(parseCmsdDynamic('"origin, \\"a\\";etp=1";etp=1;du, "edge;x";mb=6000;etp=12500.5;rtt=35;rd=200;du')).toEqual(
      {
        type: 'edge',
        load: 1,
        peakHour: null,
        maxBitrate: 6_000_000,
        throughput: 12_500_500,
        roundTripTime: 0.035,
      },
    );
    expect(parseCmsdDynamic('edge;du=?0;mb=100')?.load).toBeNull();
  });

  it('says nothing when it is about something else, or not what it should be', () => {
    for (const header of [
      '',
      ',',
      '"edge"',
      '"edge";rd=5',
      '"edge";etp=-5',
      '"edge";etp=fast',
      'etp=96',
      '"edge;etp=96',
    ]) {
      expect(parseCmsdDynamic(header), header).toBeNull();
    }
  });

  it('is harmless whatever it is, and what is read is a fact', () => {
    const word = fc.constantFrom(
      '"edge"',
      ';',
      'etp',
      '=',
      '96',
      ',',
      '"',
      '\\',
      'mb=1e9',
      'du',
      '?1',
      ' ',
      'rtt=1.5',
      '9'.repeat(20),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (header) => {
          const edge = parseCmsdDynamic(header);
          if (edge !== null) checkFact({ ...edge, at: 0 });
        },
      ),
    );
  });
});

describe('the middleware', () => {
  const headersOf =
    (header: () => string | undefined): HttpHandler =>
    async (request) => {
      const value = header();
      request.onHeaders?.(value === undefined ? {} : { 'cmsd-dynamic': value }, 200);
      return {
        url: '',
        status: 200,
        headers: {},
        body: new ArrayBuffer(0),
        start: 0,
        firstByte: 0,
        end: 0,
        fromCache: false,
      };
    };

  it('reports what changed, when the headers are there, and passes them on', async () => {
    const clock = simulatedClock();
    const facts: PlaybackEvent[] = [];
    const seen: unknown[] = [];
    let header: string | undefined = '"e";mb=6000';
    const handler = cmsd(clock, (fact) => facts.push(fact))(headersOf(() => header));
    const ask = () =>
      handler(
        httpRequest('https://e/1', 'segment', { onHeaders: (...told) => seen.push(told) }),
        new AbortController().signal,
      );
    await ask();
    clock.advance(1);
    await ask();
    header = undefined;
    await ask();
    header = '"e";mb=3000;du';
    await ask();
    expect(facts).toEqual([
      { type: 'edge', at: 0, load: null, peakHour: null, maxBitrate: 6e6, throughput: null, roundTripTime: null },
      { type: 'edge', at: 1, load: 1, peakHour: null, maxBitrate: 3e6, throughput: null, roundTripTime: null },
    ]);
    expect(seen).toHaveLength(4);
  });

  it('reaches the strategies: the capacity-aware one goes by the throughput, the duress and the maximum of the edge', async () => {
    const controller = createAbrController({ strategy: capacityAware() });
    let header = '';
    const handler = cmsd(simulatedClock(), controller.observe)(headersOf(() => header));
    const input: AbrInput = {
      ladder: LADDER,
      candidates: [0, 1, 2, 3],
      current: null,
      segment: { number: 0, start: 0, duration: 4, sizes: null, remaining: null },
      bufferLevel: 10,
      bufferTarget: 30,
      position: 0,
      playbackRate: 1,
      phase: 'steady',
      live: null,
    };
    const chosenAfter = async (text: string): Promise<string | undefined> => {
      header = text;
      await handler(httpRequest('https://e/1', 'segment'), new AbortController().signal);
      return LADDER[controller.decide(input).index]?.id;
    };
    // 1080p needs 5 · 1.25 = 6.25 Mbit/s; in duress 5 · 1.3 · 1.25 = 8.125, and 720p 3 · 1.3 · 1.25 = 4.875.
    expect(await chosenAfter('"e";etp=6300')).toBe('1080');
    expect(await chosenAfter('"e";etp=6300;du')).toBe('720');
    expect(await chosenAfter('"e";etp=6300;mb=2000')).toBe('480');
    expect(await chosenAfter('"e";etp=6300;mb=500')).toBe('480');
    expect(await chosenAfter('"e";etp=6200')).toBe('720');
  });
});
