/** A stretch of constant network conditions. */
export interface NetworkPeriod {
  /** s, over 0. */
  readonly duration: number;
  /** bits/s, 0 for an outage. */
  readonly bandwidth: number;
  /** s from a request to its first byte, charged once a request. */
  readonly latency: number;
}

/** What a network did over time: `periods` follow one another, and a player that outlasts them starts over. */
export interface NetworkTrace {
  readonly id: string;
  readonly periods: readonly NetworkPeriod[];
}

/** What a text format leaves open, and we have to fill in. */
export interface TraceOptions {
  /** s; the formats of lines carry no latency. Default 0. */
  readonly latency?: number;
  /** s of each period that packet deliveries are counted over (Mahimahi). Default 0.5. */
  readonly binDuration?: number;
}

/** Bits that one line of a Mahimahi trace lets through: a packet of 1500 bytes. */
const MAHIMAHI_PACKET_BITS = 1500 * 8;

/**
 * A corpus of traces: `{ traces: [{ id, samples: [[duration_ms, bandwidth_kbps, latency_ms], …] }, …] }`.
 *
 * @throws SyntaxError naming the trace, the sample and the value that does not fit
 */
export function parseTraceCorpus(text: string): NetworkTrace[] {
  const corpus = parseJson(text);
  const traces = isRecord(corpus) ? corpus.traces : undefined;
  if (!Array.isArray(traces)) throw new SyntaxError(`traces must be a list, got ${show(traces)}`);
  return traces.map((trace: unknown, i) => {
    const { id, samples } = isRecord(trace) ? trace : {};
    if (typeof id !== 'string') throw new SyntaxError(`traces[${i}].id must be a string, got ${show(id)}`);
    if (!Array.isArray(samples)) throw new SyntaxError(`traces[${i}].samples must be a list, got ${show(samples)}`);
    return toTrace(
      id,
      samples.map((sample: unknown, j) => samplePeriod(`traces[${i}].samples[${j}]`, sample)),
    );
  });
}

/**
 * Periods as rows: `[[duration_ms, bandwidth_kbps, latency_ms], …]`. The latency may be left out.
 *
 * @throws SyntaxError naming the row and the value that does not fit
 */
export function parseTraceSamples(id: string, samples: unknown): NetworkTrace {
  if (!Array.isArray(samples)) throw new SyntaxError(`trace must be a list, got ${show(samples)}`);
  return toTrace(
    id,
    samples.map((sample: unknown, i) => samplePeriod(`trace[${i}]`, sample)),
  );
}

/**
 * Sabre's format: `[{ "duration_ms", "bandwidth_kbps", "latency_ms" }, …]`.
 *
 * @throws SyntaxError naming the period and the value that does not fit
 * @see https://github.com/UMass-LIDS/sabre
 */
export function parseSabreTrace(id: string, text: string): NetworkTrace {
  const periods = parseJson(text);
  if (!Array.isArray(periods)) throw new SyntaxError(`a Sabre trace must be a list, got ${show(periods)}`);
  return toTrace(
    id,
    periods.map((period: unknown, i) => {
      const { duration_ms, bandwidth_kbps, latency_ms } = isRecord(period) ? period : {};
      return samplePeriod(`[${i}]`, [duration_ms, bandwidth_kbps, latency_ms]);
    }),
  );
}

/**
 * Mahimahi's format: each line is a time in whole ms at which one packet of 1500 bytes can be delivered; the last line is
 * also the trace's length, after which it starts over. Deliveries are counted over bins of `binDuration`, each open at its
 * start and closed at its end, so that no packet is lost and the mean is exact.
 *
 * @throws SyntaxError naming the line and its value
 * @see http://mahimahi.mit.edu, mm-link(1)
 */
export function parseMahimahiTrace(id: string, text: string, options: TraceOptions = {}): NetworkTrace {
  const { latency = 0, binDuration = 0.5 } = options;
  if (!(binDuration > 0)) throw new RangeError(`binDuration must be > 0 s, got ${binDuration}`);
  const deliveries = textLines(text).map(({ number, content }) => {
    if (!/^\d+$/.test(content))
      throw new SyntaxError(`line ${number}: expected a time in whole ms, got '${short(content)}'`);
    return { number, at: Number(content) };
  });
  requireAscending(deliveries);
  const end = deliveries.at(-1)?.at ?? 0; // ms, like everything here until the last step
  if (end === 0) throw new SyntaxError('a Mahimahi trace must last more than 0 ms');
  const bin = binDuration * 1000;
  const packets = new Array<number>(binIndex(end, bin) + 1).fill(0);
  for (const { at } of deliveries) {
    const i = binIndex(at, bin);
    packets[i] = (packets[i] ?? 0) + 1;
  }
  const periods = packets.map((count, i) => {
    const duration = Math.min(bin, end - i * bin) / 1000;
    return { duration, bandwidth: (count * MAHIMAHI_PACKET_BITS) / duration, latency };
  });
  return toTrace(id, periods);
}

/**
 * Lines of `time throughput`, s and Mbit/s. A value holds from the time before it to its own, as in Pensieve's
 * `sim/fixed_env.py`, so the first line's time is only the start.
 *
 * @throws SyntaxError naming the line and its value
 * @see https://github.com/hongzimao/pensieve
 */
export function parseThroughputTrace(id: string, text: string, options: TraceOptions = {}): NetworkTrace {
  const { latency = 0 } = options;
  const rows = textLines(text).map(({ number, content }) => {
    const [at, megabits, ...rest] = content.split(/[\s,]+/).map(Number);
    if (at === undefined || megabits === undefined || rest.length > 0 || !Number.isFinite(at)) {
      throw new SyntaxError(`line ${number}: expected a time in s and a throughput in Mbit/s, got '${short(content)}'`);
    }
    if (!(megabits >= 0 && Number.isFinite(megabits))) {
      throw new SyntaxError(`line ${number}: throughput must be at least 0 Mbit/s, got '${short(content)}'`);
    }
    return { number, at, megabits };
  });
  if (rows.length < 2) throw new SyntaxError(`lines of time and throughput must be two at least, got ${rows.length}`);
  const periods = rows.slice(1).map((row, i) => {
    const duration = row.at - (rows[i]?.at ?? 0);
    if (!(duration > 0))
      throw new SyntaxError(`line ${row.number}: time must be after the line before it, got ${row.at}`);
    return { duration, bandwidth: row.megabits * 1e6, latency };
  });
  return toTrace(id, periods);
}

/**
 * Any of the formats above, told apart by what the text looks like. A corpus gives its many traces, the others one.
 *
 * @param id  name of the trace where the format has none
 * @throws SyntaxError where the text is in no known format, or is broken
 */
export function parseNetworkTraces(id: string, text: string, options: TraceOptions = {}): NetworkTrace[] {
  const start = text.replace(/^\uFEFF/, '').trimStart();
  if (start.startsWith('{')) return parseTraceCorpus(start);
  if (start.startsWith('[')) {
    return /^\[\s*\[/.test(start) ? [parseTraceSamples(id, parseJson(start))] : [parseSabreTrace(id, start)];
  }
  const [first] = textLines(text);
  if (first === undefined) throw new SyntaxError('a network trace must not be empty');
  return /^\S+$/.test(first.content) && !first.content.includes(',')
    ? [parseMahimahiTrace(id, text, options)]
    : [parseThroughputTrace(id, text, options)];
}

/** The period in force at a time since the trace began, s; the trace starts over at its end. */
export function networkPeriodAt(trace: NetworkTrace, time: number): NetworkPeriod {
  let left = time % traceDuration(trace);
  for (const period of trace.periods) {
    if (left < period.duration) return period;
    left -= period.duration;
  }
  return trace.periods.at(-1) as NetworkPeriod;
}

/** s from a trace's start to its end. */
export function traceDuration(trace: NetworkTrace): number {
  return trace.periods.reduce((sum, { duration }) => sum + duration, 0);
}

/** Mean of a trace over its time, bits/s. */
export function traceBandwidth(trace: NetworkTrace): number {
  return trace.periods.reduce((sum, { duration, bandwidth }) => sum + duration * bandwidth, 0) / traceDuration(trace);
}

function toTrace(id: string, periods: readonly NetworkPeriod[]): NetworkTrace {
  if (periods.length === 0) throw new SyntaxError(`trace '${id}' must have at least one period`);
  return { id, periods };
}

/** A row of ms, kbit/s and ms as a period. */
function samplePeriod(place: string, sample: unknown): NetworkPeriod {
  if (!Array.isArray(sample) || sample.length < 2 || sample.length > 3) {
    throw new SyntaxError(`${place} must be [duration_ms, bandwidth_kbps, latency_ms], got ${show(sample)}`);
  }
  const [duration, bandwidth, latency = 0]: unknown[] = sample;
  if (!isQuantity(duration) || duration === 0) {
    throw new SyntaxError(`${place}: duration_ms must be a number over 0, got ${show(duration)}`);
  }
  if (!isQuantity(bandwidth)) {
    throw new SyntaxError(`${place}: bandwidth_kbps must be a number of at least 0, got ${show(bandwidth)}`);
  }
  if (!isQuantity(latency)) {
    throw new SyntaxError(`${place}: latency_ms must be a number of at least 0, got ${show(latency)}`);
  }
  return { duration: duration / 1000, bandwidth: bandwidth * 1000, latency: latency / 1000 };
}

/** Bins are (start, end], so a time on a boundary belongs to the bin that ends there; time 0 to the first. */
function binIndex(at: number, bin: number): number {
  return Math.max(0, Math.ceil(at / bin - 1e-9) - 1);
}

function requireAscending(deliveries: readonly { number: number; at: number }[]): void {
  deliveries.forEach(({ number, at }, i) => {
    const before = deliveries[i - 1]?.at ?? 0;
    if (at < before) {
      throw new SyntaxError(`line ${number}: time must not be before the line above it, got ${at} ms`);
    }
  });
}

/** Lines that are neither blank nor a comment, with their numbers from 1. */
function textLines(text: string): { number: number; content: string }[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ number: i + 1, content: line.trim() }))
    .filter(({ content }) => content !== '' && !content.startsWith('#'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`expected JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isQuantity(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** What of a line stands in an error. */
const short = (line: string): string => (line.length > 80 ? `${line.slice(0, 80)}…` : line);

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
