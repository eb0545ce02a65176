/** A moment of the session that is looked at; null is now. s on the session clock. */
export interface Moment {
  /** The pointer's before the chosen one's. */
  readonly time: number | null;
  /** Chosen to stay: a click, a row of a log, the walk through the decisions. */
  readonly chosen: number | null;
  point(time: number | null): void;
  choose(time: number | null): void;
  onChange(listener: () => void): void;
}

/** Now, to begin with. */
export function createMoment(): Moment {
  const listeners: (() => void)[] = [];
  let pointed: number | null = null;
  let chosen: number | null = null;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    get time() {
      return pointed ?? chosen;
    },
    get chosen() {
      return chosen;
    },
    point(time) {
      if (time === pointed) return;
      pointed = time;
      tell();
    },
    choose(time) {
      if (time === chosen) return;
      chosen = time;
      tell();
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
