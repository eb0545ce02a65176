import { basename, extname } from 'node:path';
import { parseNdjson } from '../../session/parse-ndjson.ts';
import { letsThrough } from '../network.ts';
import { type NetworkTrace, parseNetworkTraces } from '../network-trace.ts';
import { traceFromSession } from '../session-trace.ts';
import { SYNTHETIC_KINDS, type SyntheticKind, syntheticTraces } from '../synthetic-trace.ts';
import { readText } from './read-text.ts';
import { messageOf, UsageError } from './usage-error.ts';

/** Traces that belong together in tables: those of one file. */
export interface TraceSet {
  readonly name: string;
  readonly traces: readonly NetworkTrace[];
}

/** Single traces given one file each make one set. */
const SINGLES = 'traces';

/**
 * Reads files of traces, in order; files of a single trace are joined into one set.
 *
 * @throws UsageError naming the file, and within it the trace, that is of no use
 */
export async function readTraces(names: readonly string[], signal?: AbortSignal): Promise<TraceSet[]> {
  const sets: TraceSet[] = [];
  const singles: NetworkTrace[] = [];
  for (const name of names) {
    const traces = name.startsWith('synthetic:') ? synthetic(name) : await readFileTraces(name, signal);
    for (const trace of traces) requireBandwidth(name, trace);
    const [only] = traces;
    if (traces.length === 1 && only !== undefined) singles.push(only);
    else sets.push({ name: name.startsWith('synthetic:') ? name : basename(name, extname(name)), traces });
  }
  return singles.length === 0 ? sets : [...sets, { name: SINGLES, traces: singles }];
}

async function readFileTraces(name: string, signal?: AbortSignal): Promise<NetworkTrace[]> {
  const text = await readText('trace file', name, signal);
  const id = basename(name, extname(name));
  try {
    const traces = isSession(text) ? [traceFromSession(parseNdjson(text), { id })] : parseNetworkTraces(id, text);
    if (traces.length === 0) throw new RangeError('it has no trace in it');
    return traces;
  } catch (cause) {
    throw new UsageError(`trace file '${name}': ${messageOf(cause)}`, { cause });
  }
}

/** A fact a line: the first says its type. */
function isSession(text: string): boolean {
  const end = text.indexOf('\n');
  const first = text.slice(0, end < 0 ? undefined : end);
  return /^\uFEFF?\s*\{/.test(first) && first.includes('"type"') && first.includes('"at"');
}

function synthetic(name: string): NetworkTrace[] {
  const [, kind = '', count = '20', extra] = name.split(':');
  if (!SYNTHETIC_KINDS.includes(kind as SyntheticKind) || extra !== undefined) {
    throw new UsageError(
      `--traces '${name}' must be synthetic:KIND or synthetic:KIND:COUNT, KIND one of ${SYNTHETIC_KINDS.join(', ')}`,
    );
  }
  if (!/^\d{1,5}$/.test(count) || Number(count) === 0) {
    throw new UsageError(`--traces '${name}': COUNT must be a whole number from 1 to 99999, got '${count}'`);
  }
  return syntheticTraces(kind as SyntheticKind, Number(count));
}

function requireBandwidth(name: string, trace: NetworkTrace): void {
  if (letsThrough(trace)) return;
  const none = trace.periods.every(({ bandwidth }) => bandwidth === 0);
  throw new UsageError(
    `trace file '${name}': trace '${trace.id}' ${none ? 'never lets a bit through' : 'lets less than 1 bit/s through'}`,
  );
}
