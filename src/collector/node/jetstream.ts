import type { Batch, EventStore } from '../event-store.ts';
import { type BatchLog, decodeBatch } from '../stream-front.ts';
import { type NatsMessage, natsClient } from './nats-client.ts';

/** Which stream of which NATS server. */
export interface JetStreamOptions {
  /** `nats://127.0.0.1:4222` */
  readonly url: string;
  /** Name of the stream and of its subjects. Letters, digits, `_` and `-`. Default `sluice`. */
  readonly stream?: string;
  /** Copies on as many servers of a cluster. Default 1: survives the server's process, not its disk. */
  readonly replicas?: number;
  /** Bytes that wait at most; when it is full, senders are asked to come later. Default 10 GB. */
  readonly bytes?: number;
  /** Parts that sessions are spread over, for consumers that share the work. Default 16. */
  readonly parts?: number;
  /** ms after which a batch that was taken and not confirmed is given out again. Default 30 000. */
  readonly confirmWithin?: number;
}

const NANOSECONDS = 1_000_000;
/** Batches taken at a time, and ms to wait for the first of them. */
const AT_ONCE = 200;
const WAIT = 1000;

interface Answer {
  readonly error?: { readonly err_code?: number; readonly description?: string };
  readonly seq?: number;
}

/** The stream is there already: made by another collector. */
const EXISTS = 10_058;

function answerOf(message: NatsMessage): Answer {
  const answer = JSON.parse(message.body.toString()) as Answer;
  if (answer.error !== undefined && answer.error.err_code !== EXISTS)
    throw new Error(`JetStream: ${answer.error.description ?? 'it failed'}`);
  return answer;
}

const settled = (options: JetStreamOptions): Required<JetStreamOptions> => {
  const { stream = 'sluice', replicas = 1, bytes = 10e9, parts = 16, confirmWithin = 30_000 } = options;
  if (!/^[\w-]+$/.test(stream)) throw new TypeError(`stream must be letters, digits, _ and -, got ${stream}`);
  return { url: options.url, stream, replicas, bytes, parts, confirmWithin };
};

/** A part for a key, the same always; FNV-1a. */
function partOf(key: string, parts: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % parts;
}

/**
 * A log in NATS JetStream, made if it is not there: each batch is one message, kept in files until it was confirmed, refused when
 * the stream is full.
 */
export async function jetStreamLog(options: JetStreamOptions): Promise<BatchLog & { close(): Promise<void> }> {
  const { url, stream, replicas, bytes, parts } = settled(options);
  const nats = natsClient(url);
  const config = {
    name: stream,
    subjects: [`${stream}.*`],
    retention: 'workqueue',
    storage: 'file',
    discard: 'new',
    max_bytes: bytes,
    num_replicas: replicas,
  };
  answerOf(await nats.request(`$JS.API.STREAM.CREATE.${stream}`, JSON.stringify(config)));
  return {
    name: `NATS JetStream (${stream})`,
    mostBytes: await nats.mostBytes(),
    async publish(batch, key) {
      const answer = answerOf(await nats.request(`${stream}.${partOf(key, parts)}`, batch));
      if (typeof answer.seq !== 'number') throw new Error('JetStream did not confirm the batch');
    },
    close: () => nats.close(),
  };
}

/** What became of batches that were taken: appended to the store, or dropped because they are no batches. */
export interface Drained {
  readonly appended: number;
  readonly unreadable: number;
}

/** A batch, or null for what is none and never will be: left in the stream it would be given out for ever. */
function batchOf({ body }: NatsMessage): Batch | null {
  try {
    return decodeBatch(body);
  } catch {
    return null;
  }
}

/**
 * Moves batches from the stream to a store until told to stop: taken, appended, then confirmed, so that whatever dies in between
 * only makes a batch come again. Any number may run at the same time.
 *
 * @throws what keeps the stream or the store from working; start it again then
 */
export async function drainJetStream(
  options: JetStreamOptions,
  store: EventStore,
  signal: AbortSignal,
  told: (progress: Drained) => void = () => undefined,
): Promise<void> {
  const { url, stream, confirmWithin } = settled(options);
  const nats = natsClient(url);
  const consumer = {
    durable_name: 'store',
    ack_policy: 'explicit',
    ack_wait: confirmWithin * NANOSECONDS,
    max_ack_pending: 10 * AT_ONCE,
  };
  const next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.store`;
  const want = JSON.stringify({ batch: AT_ONCE, expires: WAIT * NANOSECONDS });
  try {
    const made = JSON.stringify({ stream_name: stream, config: consumer });
    answerOf(await nats.request(`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.store`, made));
    while (!signal.aborted) {
      const taken: NatsMessage[] = [];
      const take = (message: NatsMessage): boolean => {
        if (message.status !== null) return true;
        taken.push(message);
        return taken.length === AT_ONCE;
      };
      await nats.requestMany(next, want, take, WAIT + 5000);
      const batches = taken.map(batchOf);
      const readable = batches.filter((batch) => batch !== null);
      await Promise.all(readable.map((batch) => store.append(batch)));
      for (const [index, { reply }] of taken.entries()) {
        if (reply !== null) await nats.publish(reply, batches[index] === null ? '+TERM' : '+ACK');
      }
      told({ appended: readable.length, unreadable: taken.length - readable.length });
    }
  } finally {
    await nats.close();
  }
}
