/** When and how much is sent at once. Times are s, sizes bytes on the wire before compression. */
export interface DeliveryLimits {
  /** A batch leaves when this many entries wait … */
  readonly batchEntries: number;
  /** … or this many bytes … */
  readonly batchBytes: number;
  /** … or the first has waited this long. */
  readonly interval: number;
  /** For a complete answer. */
  readonly timeout: number;
  /** Entries above this live in the store only, as soon as they are there. */
  readonly keptEntries: number;
  /** Entries and bytes in memory at most, whatever happens. */
  readonly memoryEntries: number;
  readonly memoryBytes: number;
  /** From recording to the store: what a killed browser loses at most. */
  readonly journalDelay: number;
  /** Handed to the browser at exit at most: its quota of 64 KiB is shared with every other script of the page. */
  readonly exitBytes: number;
}

/** 10 s and 50 facts are the beacon period and about what a session says in it; the rest follows from the browser's quotas. */
export const DELIVERY_LIMITS: DeliveryLimits = {
  batchEntries: 50,
  batchBytes: 32 * 1024,
  interval: 10,
  timeout: 10,
  keptEntries: 200,
  memoryEntries: 1000,
  memoryBytes: 512 * 1024,
  journalDelay: 0.25,
  exitBytes: 48 * 1024,
};

/**
 * Limits with some changed.
 *
 * @throws RangeError naming the limit that is not over 0
 */
export function deliveryLimits(changes: Partial<DeliveryLimits> = {}): DeliveryLimits {
  const limits = { ...DELIVERY_LIMITS, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`);
  }
  return limits;
}
