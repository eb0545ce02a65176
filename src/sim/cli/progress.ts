/** How far a long run is, for someone who watches. */
export interface Progress {
  report(done: number, total: number): void;
  /** Clears the line. */
  end(): void;
}

/** ms between two lines. */
const INTERVAL_MS = 100;

/** A line on the terminal that is written over; nothing at all where the output is not a terminal. */
export function progress(output: NodeJS.WriteStream, what: string): Progress {
  let last = 0;
  const started = Date.now();
  return {
    report(done, total) {
      const now = Date.now();
      if (!output.isTTY || (now - last < INTERVAL_MS && done < total)) return;
      last = now;
      const left = (((now - started) / done) * (total - done)) / 1000;
      output.write(`\r\u001b[K${what} ${done}/${total}${done < total ? `, ${Math.ceil(left)} s left` : ''}`);
    },
    end() {
      if (output.isTTY) output.write('\r\u001b[K');
    },
  };
}
