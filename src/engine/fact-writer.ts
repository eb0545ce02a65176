import type { Clock } from '../media/clock.ts';
import type { Fact, Report } from '../media/playback-event.ts';

/** Tells facts with the time they are told at, until it is closed. */
export interface FactWriter {
  tell(fact: Fact): void;
  /** Nothing is told any more: an engine closes it first thing in `destroy()`, so late callbacks are harmless. */
  close(): void;
  readonly closed: boolean;
}

/** Makes a {@link FactWriter} over the two deps of every engine. */
export function factWriter(clock: Clock, report: Report): FactWriter {
  let closed = false;
  return {
    tell(fact) {
      if (!closed) report({ ...fact, at: clock.now() });
    },
    close() {
      closed = true;
    },
    get closed() {
      return closed;
    },
  };
}
