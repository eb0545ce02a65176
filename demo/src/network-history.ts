/** Conditions that hold for some time: s, bits/s, s. */
export interface Period {
  readonly duration: number;
  readonly bandwidth: number;
  readonly latency: number;
}

/** What the fixture server was told, and when (s on the page's clock). Its periods start over at their end. */
interface Setting {
  readonly since: number;
  readonly periods: readonly Period[];
}

/** What the network lets through, as the page told the fixture server. Times are s on the page's clock. */
export interface NetworkHistory {
  set(since: number, periods: readonly Period[]): void;
  /** Null before anything was set. */
  conditionsAt(time: number): Period | null;
  /** Changes of bandwidth after `from` and up to `to`. */
  changes(from: number, to: number): readonly { readonly at: number; readonly bandwidth: number }[];
}

const lengthOf = (periods: readonly Period[]): number => periods.reduce((sum, { duration }) => sum + duration, 0);

/** The period that holds `elapsed` s after a setting. */
function periodAfter(periods: readonly Period[], elapsed: number): Period | null {
  const length = lengthOf(periods);
  if (!(length > 0)) return null;
  let left = elapsed % length;
  for (const period of periods) {
    if (left < period.duration) return period;
    left -= period.duration;
  }
  return periods.at(-1) ?? null;
}

/** Beginnings of periods after `from` and up to `to`. Counted in rounds, so that small errors do not add up. */
function* beginnings({ since, periods }: Setting, from: number, to: number): Generator<{ at: number; period: Period }> {
  const length = lengthOf(periods);
  if (!(length > 0)) return;
  for (let round = Math.max(Math.floor((from - since) / length) - 1, 0); since + round * length <= to; round++) {
    let offset = 0;
    for (const period of periods) {
      const at = since + round * length + offset;
      if (at > from && at <= to) yield { at, period };
      offset += period.duration;
    }
  }
}

/** Nothing set yet. */
export function createNetworkHistory(): NetworkHistory {
  const settings: Setting[] = [];

  const conditionsAt = (time: number): Period | null => {
    const setting = settings.findLast(({ since }) => since <= time);
    return setting ? periodAfter(setting.periods, time - setting.since) : null;
  };

  return {
    set(since, periods) {
      settings.push({ since, periods });
    },
    conditionsAt,
    changes(from, to) {
      const found: { at: number; bandwidth: number }[] = [];
      settings.forEach((setting, index) => {
        const replaced = settings[index + 1]?.since ?? Number.POSITIVE_INFINITY;
        for (const { at, period } of beginnings(setting, from, to)) {
          if (at < replaced) found.push({ at, bandwidth: period.bandwidth });
        }
      });
      return found;
    },
  };
}
