/**
 * A queue that hands items over one at a time, in order: what `deliver` puts in while it runs waits its turn, so a
 * subscriber that pauses playback inside an event cannot make the next one see events out of order. A `deliver` that throws does not
 * lose the items behind it: they are delivered, then the first error is thrown.
 */
export function mailbox<T>(deliver: (item: T) => void): (item: T) => void {
  const waiting: T[] = [];
  let delivering = false;
  return (item) => {
    waiting.push(item);
    if (delivering) return;
    delivering = true;
    const failures: unknown[] = [];
    // The loop also reaches what is put in while it runs; taking from the front would move the rest each time.
    for (const next of waiting) {
      try {
        deliver(next);
      } catch (failure) {
        failures.push(failure);
      }
    }
    waiting.length = 0;
    delivering = false;
    if (failures.length > 0) throw failures[0];
  };
}
