import { type ParsedBeacon, parseBeacon, refusalOf } from '../telemetry/beacon-format.ts';
import { json, later, refuse } from './answers.ts';
import type { EventStore } from './event-store.ts';
import { type Allowance, rateLimit } from './rate-limit.ts';
import { BodyRefused, readBody } from './request-body.ts';

/** How much is taken, from whom. Sizes in bytes. */
export interface IngestLimits {
  /** A body as it arrives, and unpacked. Default 256 KiB and 2 MiB: beacons are 32 KiB at most before packing. */
  readonly wireBytes: number;
  readonly bytes: number;
  /** Lines of a body. Default 5000. */
  readonly lines: number;
  /** Facts of a session, told by the highest seq: past it the session is asked to stop. Default 1 000 000, more than a week. */
  readonly sessionFacts: number;
  /** Facts taken and not yet kept, and requests under way, above which senders are asked to come later. Default 50 000 and 500. */
  readonly pending: number;
  readonly requests: number;
  /** Requests under way from one network address: whoever sends slowly on many connections must not take all there are. Default 100. */
  readonly addressRequests: number;
  /** Unpacked bytes from one network address. Default 1 MiB/s, 16 MiB at once; null for no limit. */
  readonly perAddress: Allowance | null;
  /** Unpacked bytes with one write key. Default no limit. */
  readonly perKey: Allowance | null;
}

/** The limits if nothing else is said. */
export const DEFAULT_LIMITS: IngestLimits = {
  wireBytes: 256 * 1024,
  bytes: 2 * 1024 * 1024,
  lines: 5000,
  sessionFacts: 1_000_000,
  pending: 50_000,
  requests: 500,
  addressRequests: 100,
  perAddress: { rate: 1024 * 1024, burst: 16 * 1024 * 1024 },
  perKey: null,
};

/** What came in, since the collector was made. */
export interface IngestCounts {
  requests: number;
  bytes: number;
  stored: number;
  duplicates: number;
  losses: number;
  /** Requests answered otherwise than 204, by status. */
  refused: Record<string, number>;
}

/** Who is sending: an address is used to limit rates and kept nowhere. */
export interface Sender {
  readonly address?: string;
}

/** What taking facts in needs. `keys` null: a key is not asked for. */
export interface IngestOptions {
  readonly store: EventStore;
  readonly keys: readonly string[] | null;
  readonly retiredKeys: readonly string[];
  readonly limits: IngestLimits;
  readonly now: () => number;
}

/** s after which to come again with fewer requests at a time. */
const CROWDED = 1;
/** s after which to come again when the store is behind or could not write. */
const BEHIND = 2;
const UNWRITTEN = 5;

const TYPES = ['application/x-ndjson', 'application/ndjson', 'text/plain'];

function typeFault(request: Request): string | null {
  const type = request.headers.get('content-type');
  if (type === null || TYPES.includes(type.split(';', 1)[0]?.trim().toLowerCase() ?? '')) return null;
  return `content-type must be application/x-ndjson or text/plain, got ${type.slice(0, 60)}`;
}

function isLongerThan(body: string, limit: number): boolean {
  let count = 1;
  for (let at = body.indexOf('\n'); at >= 0; at = body.indexOf('\n', at + 1)) {
    count += 1;
    // The last line may end with a LF.
    if (count > limit + 1) return true;
  }
  return false;
}

/** Why a body that reads well is refused all the same. */
function contentRefusal({ facts, losses, faults }: ParsedBeacon, sessionFacts: number): Response | null {
  if (faults.length > 0) return json(400, refusalOf(faults));
  if (facts.length === 0 && losses.length === 0) return json(400, refusalOf([]));
  const highest = (sid: string): string => `session ${sid} has reached the ${sessionFacts} facts a session may have`;
  const over = facts.find(({ seq }) => seq >= sessionFacts);
  if (over) return refuse(410, highest(over.sid));
  const lostOver = losses.find(({ lost }) => lost.some(([, last]) => last >= sessionFacts));
  return lostOver ? refuse(410, highest(lostOver.sid)) : null;
}

/**
 * The answer to a POST of facts. A body is kept as a whole or not at all: 204 says that every line of it is safe from the
 * death of the process (kept now or before), any other answer that nothing of it was kept now.
 */
export function createIngest(options: IngestOptions): {
  readonly counts: Readonly<IngestCounts>;
  handle(request: Request, sender: Sender): Promise<Response>;
} {
  const { store, keys, retiredKeys, limits, now } = options;
  const counts: IngestCounts = { requests: 0, bytes: 0, stored: 0, duplicates: 0, losses: 0, refused: {} };
  let underWay = 0;
  const underWayFrom = new Map<string, number>();
  const perAddress = limits.perAddress && rateLimit(limits.perAddress);
  const perKey = limits.perKey && rateLimit(limits.perKey, 10_000);

  const waitOf = (address: string, key: string): number =>
    Math.max(perAddress?.wait(address, now()) ?? 0, perKey?.wait(key, now()) ?? 0);

  /** One more, or one less, from an address that is known. */
  const noteUnderWay = (address: string, change: 1 | -1): void => {
    underWay += change;
    if (address === '') return;
    const count = (underWayFrom.get(address) ?? 0) + change;
    if (count === 0) underWayFrom.delete(address);
    else underWayFrom.set(address, count);
  };

  const keyRefusal = (key: string): Response | null => {
    if (retiredKeys.includes(key)) return refuse(410, 'this write key is no longer in use');
    if (keys === null || keys.includes(key)) return null;
    return refuse(401, key === '' ? 'a write key is needed: ?key=…' : 'the write key is not known');
  };

  const keep = async (parsed: ParsedBeacon): Promise<Response> => {
    try {
      const { stored, duplicates } = await store.append({
        receivedAt: now(),
        facts: parsed.facts,
        losses: parsed.losses,
      });
      counts.stored += stored;
      counts.duplicates += duplicates;
      counts.losses += parsed.losses.length;
      return new Response(null, { status: 204 });
    } catch {
      return later(503, 'the store could not keep this; nothing of it was kept', UNWRITTEN);
    }
  };

  const take = async (request: Request, { address = '' }: Sender): Promise<Response> => {
    const key = new URL(request.url).searchParams.get('key') ?? '';
    const refusal = keyRefusal(key);
    if (refusal) return refusal;
    const fault = typeFault(request);
    if (fault !== null) return refuse(415, fault);
    const wait = waitOf(address, key);
    if (wait > 0) return later(429, 'too much was sent', wait);
    if ((underWayFrom.get(address) ?? 0) > limits.addressRequests)
      return later(429, `at most ${limits.addressRequests} requests at a time`, CROWDED);
    if (store.pending > limits.pending || underWay > limits.requests) return later(503, 'the store is behind', BEHIND);
    const body = await readBody(request, limits);
    counts.bytes += body.length;
    perAddress?.charge(address, body.length, now());
    perKey?.charge(key, body.length, now());
    if (isLongerThan(body, limits.lines)) return refuse(413, `a body must have at most ${limits.lines} lines`);
    const parsed = parseBeacon(body);
    return contentRefusal(parsed, limits.sessionFacts) ?? (await keep(parsed));
  };

  return {
    counts,
    async handle(request, sender) {
      counts.requests += 1;
      const { address = '' } = sender;
      noteUnderWay(address, 1);
      const response = await take(request, sender).catch((failure) => {
        if (failure instanceof BodyRefused) return refuse(failure.status, failure.message);
        // The sender went away in the middle of its body, or we failed: it may come again.
        return later(503, 'the body could not be read to its end', UNWRITTEN);
      });
      noteUnderWay(address, -1);
      if (response.status !== 204) counts.refused[response.status] = (counts.refused[response.status] ?? 0) + 1;
      return response;
    },
  };
}
