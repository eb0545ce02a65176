import type { EventOf, RequestKind } from '../media/playback-event.ts';

/** Bytes received, by what they were for; those of `aborted`, `failed` and `cached` requests are parts of the total. */
export interface Transfer {
  readonly requests: number;
  readonly failed: number;
  readonly aborted: number;
  readonly bytes: number;
  /** Of requests that did not succeed: given up or broken off. */
  readonly abortedBytes: number;
  readonly cachedBytes: number;
}

/** What came from one host. `host` is as in the URL, port included; empty for the page's own or unknown. */
export interface HostTransfer {
  readonly host: string;
  readonly requests: number;
  readonly failed: number;
  readonly bytes: number;
}

/** What the network did so far. Times in s. */
export interface Network {
  readonly kinds: Readonly<Partial<Record<RequestKind, Transfer>>>;
  /** By host, in order of first use; beyond {@link MOST_HOSTS} the last entry (host `…`) collects the rest. */
  readonly hosts: readonly HostTransfer[];
  /** Host of the last segment that arrived; null before the first. */
  readonly segmentHost: string | null;
  /** How often a segment came from another host than the one before. */
  readonly hostSwitches: number;
  /** Segments that arrived whole over the network, in a time that a clock can tell: bits, and s from request to last byte. */
  readonly timedBits: number;
  readonly timedSeconds: number;
  /** Σ time to first byte of `answered` segment requests. */
  readonly firstByteSeconds: number;
  readonly answered: number;
  /** Attempts after the first. */
  readonly retries: number;
}

/** Hosts told apart: more than any session has. */
export const MOST_HOSTS = 50;

/** s: the finest step of a browser's clock (W3C High Resolution Time, 5 µs). What took less was not measured, and is no rate. */
const CLOCK_STEP = 5e-6;

/** Nothing was requested. */
export const IDLE_NETWORK: Network = {
  kinds: {},
  hosts: [],
  segmentHost: null,
  hostSwitches: 0,
  timedBits: 0,
  timedSeconds: 0,
  firstByteSeconds: 0,
  answered: 0,
  retries: 0,
};

const NO_TRANSFER: Transfer = { requests: 0, failed: 0, aborted: 0, bytes: 0, abortedBytes: 0, cachedBytes: 0 };

/** The host in an absolute URL, lower case, port included, credentials not; empty if there is none. */
export function hostOf(url: string): string {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  return authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
}

function addTransfer(before: Transfer, { outcome, bytes, fromCache }: EventOf<'request'>): Transfer {
  return {
    requests: before.requests + 1,
    failed: before.failed + (outcome === 'failed' ? 1 : 0),
    aborted: before.aborted + (outcome === 'aborted' ? 1 : 0),
    bytes: before.bytes + bytes,
    abortedBytes: before.abortedBytes + (outcome === 'ok' ? 0 : bytes),
    cachedBytes: before.cachedBytes + (fromCache ? bytes : 0),
  };
}

function addHost(hosts: readonly HostTransfer[], name: string, event: EventOf<'request'>): readonly HostTransfer[] {
  const host = hosts.length < MOST_HOSTS - 1 || hosts.some((known) => known.host === name) ? name : '…';
  const index = hosts.findIndex((known) => known.host === host);
  const before = hosts[index] ?? { host, requests: 0, failed: 0, bytes: 0 };
  const after: HostTransfer = {
    host,
    requests: before.requests + 1,
    failed: before.failed + (event.outcome === 'failed' ? 1 : 0),
    bytes: before.bytes + event.bytes,
  };
  return index < 0 ? [...hosts, after] : hosts.with(index, after);
}

/** One more request is over. */
export function countRequest(network: Network, event: EventOf<'request'>): Network {
  const { kind, outcome, fromCache, at, start, firstByte, bytes } = event;
  const host = hostOf(event.url);
  const whole = kind === 'segment' && outcome === 'ok';
  const timed = whole && !fromCache && at - start >= CLOCK_STEP;
  const answered = kind === 'segment' && !fromCache && firstByte !== null;
  return {
    kinds: { ...network.kinds, [kind]: addTransfer(network.kinds[kind] ?? NO_TRANSFER, event) },
    hosts: addHost(network.hosts, host, event),
    segmentHost: whole ? host : network.segmentHost,
    hostSwitches:
      network.hostSwitches + (whole && network.segmentHost !== null && network.segmentHost !== host ? 1 : 0),
    timedBits: network.timedBits + (timed ? bytes * 8 : 0),
    timedSeconds: network.timedSeconds + (timed ? at - start : 0),
    firstByteSeconds: network.firstByteSeconds + (answered ? Math.max(firstByte - start, 0) : 0),
    answered: network.answered + (answered ? 1 : 0),
    retries: network.retries + (event.attempt > 1 ? 1 : 0),
  };
}
