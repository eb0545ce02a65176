import { describe, expect, it } from 'vitest';
import {
  type NetworkTrace,
  networkPeriodAt,
  parseMahimahiTrace,
  parseNetworkTraces,
  parseSabreTrace,
  parseThroughputTrace,
  parseTraceCorpus,
  parseTraceSamples,
  traceBandwidth,
  traceDuration,
} from './network-trace.ts';

const bandwidths = ({ periods }: NetworkTrace): number[] => periods.map(({ bandwidth }) => bandwidth);
const durations = ({ periods }: NetworkTrace): number[] => periods.map(({ duration }) => duration);

describe('parseTraceCorpus', () => {
  const corpus = (samples: unknown): string =>
    JSON.stringify({ corpus: 'x', traces: [{ id: 'a', source: 's', samples }] });

  it('turns ms and kbit/s into s and bits/s', () => {
    expect(parseTraceCorpus(corpus([[1013, 1285, 100]]))).toEqual([
      { id: 'a', periods: [{ duration: 1.013, bandwidth: 1_285_000, latency: 0.1 }] },
    ]);
  });

  it.each([
    [[[1000, -1, 20]], 'traces[0].samples[0]: bandwidth_kbps must be a number of at least 0, got -1'],
    [
      [
        [1000, 5, 20],
        [0, 5, 20],
      ],
      'traces[0].samples[1]: duration_ms must be a number over 0, got 0',
    ],
    [[[1000, 5, '20']], 'traces[0].samples[0]: latency_ms must be a number of at least 0, got "20"'],
    [[[1000]], 'traces[0].samples[0] must be [duration_ms, bandwidth_kbps, latency_ms], got [1000]'],
    [7, 'traces[0].samples must be a list, got 7'],
    [[], "trace 'a' must have at least one period"],
  ])('refuses samples %j', (samples, message) => {
    expect(() => parseTraceCorpus(corpus(samples))).toThrow(message);
  });

  it('refuses what is no corpus', () => {
    expect(() => parseTraceCorpus('{}')).toThrow('traces must be a list, got nothing');
    expect(() => parseTraceCorpus('{"traces":[{"samples":[]}]}')).toThrow('traces[0].id must be a string, got nothing');
    expect(() => parseTraceCorpus('{')).toThrow(/^expected JSON: /);
  });
});

describe('parseSabreTrace', () => {
  it('reads periods by name', () => {
    const text =
      '[{"duration_ms":2000,"bandwidth_kbps":500,"latency_ms":20},{"duration_ms":1000,"bandwidth_kbps":0,"latency_ms":20}]';
    expect(parseSabreTrace('s', text)).toEqual({
      id: 's',
      periods: [
        { duration: 2, bandwidth: 500_000, latency: 0.02 },
        { duration: 1, bandwidth: 0, latency: 0.02 },
      ],
    });
  });

  it('names the period and the field that does not fit', () => {
    expect(() => parseSabreTrace('s', '[{"duration_ms":1,"bandwidth_kbps":null,"latency_ms":1}]')).toThrow(
      '[0]: bandwidth_kbps must be a number of at least 0, got null',
    );
    expect(() => parseSabreTrace('s', '[{"duration_ms":1,"bandwidth_kbps":1},{"bandwidth_kbps":1}]')).toThrow(
      '[1]: duration_ms must be a number over 0, got nothing',
    );
  });
});

describe('parseTraceSamples', () => {
  it('takes rows with or without latency', () => {
    expect(
      parseTraceSamples('rows', [
        [500, 800],
        [500, 900, 30],
      ]),
    ).toEqual({
      id: 'rows',
      periods: [
        { duration: 0.5, bandwidth: 800_000, latency: 0 },
        { duration: 0.5, bandwidth: 900_000, latency: 0.03 },
      ],
    });
  });
});

describe('parseMahimahiTrace', () => {
  // A packet of 1500 bytes is 12 kbit. Four packets within the first 500 ms are 96 kbit/s, one in the second 24 kbit/s.
  it('counts packets over bins', () => {
    const trace = parseMahimahiTrace('m', '0\n100\n100\n500\n501\n1000\n', { latency: 0.04 });
    expect(durations(trace)).toEqual([0.5, 0.5]);
    expect(bandwidths(trace)).toEqual([96_000, 48_000]);
    expect(trace.periods[0]?.latency).toBe(0.04);
  });

  it('keeps every packet: the mean is packets × 12 kbit over the last time', () => {
    const times = Array.from({ length: 777 }, (_, i) => Math.round(i * 7.3));
    const trace = parseMahimahiTrace('m', times.join('\n'), { binDuration: 0.3 });
    const end = (times.at(-1) ?? 0) / 1000;
    expect(traceDuration(trace)).toBeCloseTo(end, 9);
    expect(traceBandwidth(trace)).toBeCloseTo((777 * 12_000) / end, 3);
  });

  it('keeps gaps as outages', () => {
    expect(bandwidths(parseMahimahiTrace('m', '100\n1600\n'))).toEqual([24_000, 0, 0, 120_000]); // the last lasts 0.1 s
  });

  it.each([
    ['5\nx\n', "line 2: expected a time in whole ms, got 'x'"],
    ['5\n7.5\n', "line 2: expected a time in whole ms, got '7.5'"],
    ['5\n\n4\n', 'line 3: time must not be before the line above it, got 4 ms'],
    ['0\n', 'must last more than 0 ms'],
    ['', 'must last more than 0 ms'],
  ])('refuses %j', (text, message) => {
    expect(() => parseMahimahiTrace('m', text)).toThrow(message);
  });

  it('refuses bins without length', () => {
    expect(() => parseMahimahiTrace('m', '5', { binDuration: 0 })).toThrow('binDuration must be > 0 s, got 0');
  });
});

describe('parseThroughputTrace', () => {
  it("holds each value from the time before it to its own, and leaves out the first line's", () => {
    const trace = parseThroughputTrace('t', '# time Mbit/s\n0 99\n2.5\t4.2\n\n3,0\n', { latency: 0.02 });
    expect(trace.periods).toEqual([
      { duration: 2.5, bandwidth: 4_200_000, latency: 0.02 },
      { duration: 0.5, bandwidth: 0, latency: 0.02 },
    ]);
  });

  it.each([
    ['0 1\n1 a\n', "line 2: throughput must be at least 0 Mbit/s, got '1 a'"],
    ['0 1\n1 -2\n', "line 2: throughput must be at least 0 Mbit/s, got '1 -2'"],
    ['0 1\n1\n', "line 2: expected a time in s and a throughput in Mbit/s, got '1'"],
    ['0 1\n1 2 3\n', "line 2: expected a time in s and a throughput in Mbit/s, got '1 2 3'"],
    ['0 1\n\n0 2\n', 'line 3: time must be after the line before it, got 0'],
    ['0 1\n', 'lines of time and throughput must be two at least, got 1'],
  ])('refuses %j', (text, message) => {
    expect(() => parseThroughputTrace('t', text)).toThrow(message);
  });
});

describe('parseNetworkTraces', () => {
  it.each([
    ['a corpus', '{"traces":[{"id":"c","samples":[[1000,8,0]]}]}', 'c', 8000],
    ['rows', '\n[[1000, 8, 0]]', 'file', 8000],
    ['Sabre', '[{"duration_ms":1000,"bandwidth_kbps":8,"latency_ms":0}]', 'file', 8000],
    ['Mahimahi', '500\n', 'file', 24_000],
    ['lines of time and throughput', '0 1\n1 0.008\n', 'file', 8000],
  ])('recognises %s', (_, text, id, bandwidth) => {
    const [trace] = parseNetworkTraces('file', text);
    expect([trace?.id, trace?.periods[0]?.bandwidth]).toEqual([id, bandwidth]);
  });

  it('refuses an empty text', () => {
    expect(() => parseNetworkTraces('file', ' \n# nothing\n')).toThrow('must not be empty');
  });
});

describe('networkPeriodAt', () => {
  const trace = parseTraceSamples('t', [
    [1000, 1],
    [2000, 2],
  ]);

  it('finds the period that begins at, or holds, a time, and starts over', () => {
    const at = (time: number): number => networkPeriodAt(trace, time).bandwidth;
    expect([0, 0.999, 1, 2.999, 3, 4, 3001].map(at)).toEqual([1000, 1000, 2000, 2000, 1000, 2000, 2000]);
  });

  it('knows the length and the mean over time', () => {
    expect(traceDuration(trace)).toBe(3);
    expect(traceBandwidth(trace)).toBeCloseTo((1000 + 2 * 2000) / 3, 9);
  });
});
