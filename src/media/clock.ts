/**
 * The only source of time. `now()` is seconds on the session clock (0 = the session's start, never decreasing);
 * `after` runs `callback` once, `delay` seconds from now, and returns what cancels it.
 */
export interface Clock {
  now(): number;
  after(delay: number, callback: () => void): () => void;
}
