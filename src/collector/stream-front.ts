import { beaconBody, encodeBeaconLine, parseBeacon } from '../telemetry/beacon-format.ts';
import type { Batch, EventStore } from './event-store.ts';

/** A log in front of a store. What it has taken in must survive what kills a process. */
export interface BatchLog {
  readonly name: string;
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
        await log.publish(encodeBatch(batch), batch.facts[0]?.sid ?? batch.losses[0]?.sid ?? '');
        return { stored: batch.facts.length, duplicates: 0 };
      } finally {
        pending -= batch.facts.length;
      }
    },
  };
  return Object.defineProperty({ ...store, ...front }, 'pending', { get: () => pending });
}
