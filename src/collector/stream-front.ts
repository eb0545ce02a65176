import { beaconBody, encodeBeaconLine, parseBeacon } from '../telemetry/beacon-format.ts';
import type { Batch, EventStore } from './event-store.ts';

/** A log in front of a store. What it has taken in must survive what kills a process. */
export interface BatchLog {
  readonly name: string;
  /** Bytes that an encoded batch may have; no limit if not told. Larger ones are published in parts. */
  readonly mostBytes?: number;
  /** Takes a batch in; resolves when it is safe, and rejects when it is not. `key` keeps what belongs together in one place. */
  publish(batch: Uint8Array, key: string): Promise<void>;
}

/** A batch as it lies in a log: when it was received, then its lines as they were sent. */
export function encodeBatch({ receivedAt, facts, losses }: Batch): Uint8Array {
  return new TextEncoder().encode(`${receivedAt}\n${beaconBody([...facts, ...losses].map(encodeBeaconLine))}`);
}

/**
 * Reads what {@link encodeBatch} wrote.
 *
 * @throws SyntaxError if it is anything else
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const end = text.indexOf('\n');
  const receivedAt = Number(text.slice(0, Math.max(end, 0)));
  const { facts, losses, faults } = parseBeacon(text.slice(end + 1));
  if (end < 1 || !Number.isSafeInteger(receivedAt) || faults.length > 0)
    throw new SyntaxError(`not a batch: ${faults[0]?.error ?? 'it does not begin with a time'}`);
  return { receivedAt, facts, losses };
}

/** A batch in as many parts as it takes for each to fit, encoded. A part of one line is what it is. */
function encodeParts(batch: Batch, most: number): Uint8Array[] {
  const whole = encodeBatch(batch);
  const lines = batch.facts.length + batch.losses.length;
  if (whole.byteLength <= most || lines < 2) return [whole];
  const facts = Math.ceil(batch.facts.length / 2);
  const losses = Math.floor(batch.losses.length / 2);
  return [
    ...encodeParts({ ...batch, facts: batch.facts.slice(0, facts), losses: batch.losses.slice(0, losses) }, most),
    ...encodeParts({ ...batch, facts: batch.facts.slice(facts), losses: batch.losses.slice(losses) }, most),
  ];
}

/**
 * A store whose facts go through a log first: an acknowledgement says that the log has them. Whoever reads the log appends them
 * to `store`, which knows each fact once; a batch that is read twice changes nothing. Duplicates are not known yet when a
 * batch is answered, so all its facts count as stored.
 */
export function streamFront(log: BatchLog, store: EventStore): EventStore {
  let pending = 0;
  const front: Pick<EventStore, 'name' | 'append'> = {
    name: `${log.name}, then ${store.name}`,
    async append(batch) {
      pending += batch.facts.length;
      try {
        const key = batch.facts[0]?.sid ?? batch.losses[0]?.sid ?? '';
        const parts = encodeParts(batch, log.mostBytes ?? Number.POSITIVE_INFINITY);
        // One after the other: what was taken in before one fails comes again with the rest, and is known then.
        for (const part of parts) await log.publish(part, key);
        return { stored: batch.facts.length, duplicates: 0 };
      } finally {
        pending -= batch.facts.length;
      }
    },
  };
  return Object.defineProperty({ ...store, ...front }, 'pending', { get: () => pending });
}
