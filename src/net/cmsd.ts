import type { Clock } from '../media/clock.ts';
import type { EdgeFact, Report } from '../media/playback-event.ts';
import type { Middleware } from './http.ts';

/** Parts of a structured field that stand between commas or semicolons, but for those within quotes. */
function parts(text: string, separator: ',' | ';'): string[] {
  const found: string[] = [''];
  let quoted = false;
  let escaped = false;
  for (const character of text) {
    if (character === '"' && !escaped) quoted = !quoted;
    escaped = quoted && character === '\\' && !escaped;
    if (character === separator && !quoted) found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((part) => part.trim());
}

/** A number of the header, at most as long as a structured field may have it (RFC 8941, 3.3); null if it is none. */
const numberOf = (value: string | undefined): number | null =>
  value !== undefined && /^\d{1,15}(\.\d{1,3})?$/.test(value) ? Number(value) : null;

const times = (value: number | null, factor: number): number | null => (value === null ? null : value * factor);

/**
 * What the last hop, the one nearest to the viewer, says of itself in a CMSD-Dynamic header: duress (`du`) as full load, suggested
 * maximum bitrate (`mb`) and estimated throughput (`etp`), kbit/s on the wire, round trip (`rtt`), ms on the wire.
 *
 * @returns null when it says nothing of these, or is not what it should be
 * @see CTA-5006, and RFC 8941 for the syntax: a list with a member for each hop
 */
export function parseCmsdDynamic(header: string): EdgeFact | null {
  const hop = parts(header, ',').findLast((member) => member !== '');
  if (hop === undefined) return null;
  const parameters = new Map(
    parts(hop, ';')
      .slice(1)
      .map((pair): [string, string] => {
        const mark = pair.indexOf('=');
        return mark < 0 ? [pair, '?1'] : [pair.slice(0, mark), pair.slice(mark + 1)];
      }),
  );
  const maxBitrate = times(numberOf(parameters.get('mb')), 1000);
  const throughput = times(numberOf(parameters.get('etp')), 1000);
  const roundTripTime = times(numberOf(parameters.get('rtt')), 1 / 1000);
  const load = parameters.get('du') === '?1' ? 1 : null;
  if ([maxBitrate, throughput, roundTripTime, load].every((value) => value === null)) return null;
  return { type: 'edge', load, peakHour: null, maxBitrate, throughput, roundTripTime };
}

/**
 * Reports what the edge says of itself with its responses (CMSD, CTA-5006) as `edge` facts, when it changes. A page sees the header of
 * another origin only if that says `Access-Control-Expose-Headers: CMSD-Dynamic`.
 */
export function cmsd(clock: Clock, report: Report): Middleware {
  let last: string | null = null;
  return (next) => (request, signal) =>
    next(
      {
        ...request,
        onHeaders(headers, status) {
          const header = headers['cmsd-dynamic'];
          const edge = header === undefined || header === last ? null : parseCmsdDynamic(header);
          if (header !== undefined) last = header;
          if (edge !== null) report({ ...edge, at: clock.now() });
          request.onHeaders?.(headers, status);
        },
      },
      signal,
    );
}
