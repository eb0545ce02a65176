/**
 * How much of what another has waited longer for counts against it: with as much value so far, having waited longer is worth
 * this share of the waiting, as it may save as much later.
 */
const LESS_WAITED = 1;
const LONGER_WAITED = 0.5;

/**
 * What states that arrived earlier are worth, by rendition and by how long they have waited (in steps), to tell whether a later
 * one can still be part of a best plan. A state beats another if it has
 * - waited no longer and, waiting not counted, is worth as much: whatever the other does next, it can do as well; or
 * - waited longer and is worth as much more as half of that waiting costs. (It cannot always do the same as well, as its buffer is
 *   full earlier; half the cost is a margin that the references do not contradict.)
 */
export class LabelFront {
  readonly #quality: Float64Array;
  readonly #steps: number;
  /** `[rendition·steps + step]`: the most that any has which waited no longer, or no less. */
  readonly #apart: Float64Array;
  readonly #longer: Float64Array;
  readonly #last: Int32Array;
  #origin = 0;
  #perWidth = 1;
  #cost = 0;

  /** @param quality of each rendition, ascending, Mbit/s */
  constructor(quality: Float64Array, steps: number) {
    this.#quality = quality;
    this.#steps = steps;
    this.#apart = new Float64Array(quality.length * steps);
    this.#longer = new Float64Array(quality.length * steps);
    this.#last = new Int32Array(steps);
  }

  /** @param origin ms of waiting that the first step begins with; `cost` of one ms. */
  begin(origin: number, width: number, cost: number): void {
    this.#origin = origin;
    this.#perWidth = 1 / width;
    this.#cost = cost;
    this.clear();
  }

  clear(): void {
    this.#apart.fill(Number.NEGATIVE_INFINITY);
    this.#longer.fill(Number.NEGATIVE_INFINITY);
    this.#last.fill(-1);
  }

  stepOf(waited: number): number {
    const step = Math.floor((waited - this.#origin) * this.#perWidth);
    return Math.min(Math.max(step, 0), this.#steps - 1);
  }

  /** Value with waiting not counted: what {@link beatsAnyway} compares. */
  apartFromWaiting(value: number, waited: number): number {
    return value + LESS_WAITED * this.#cost * waited;
  }

  /** The state put down last with this waiting; -1 if there is none. */
  lastIn(step: number): number {
    return this.#last[step] ?? -1;
  }

  setLastIn(step: number, state: number): void {
    this.#last[step] = state;
  }

  /** Whether one added before is at least as good. */
  beats(rendition: number, step: number, value: number, waited: number): boolean {
    const at = rendition * this.#steps + step;
    const cost = this.#cost * waited;
    return (
      (this.#apart[at] ?? 0) >= value + LESS_WAITED * cost || (this.#longer[at] ?? 0) >= value - LONGER_WAITED * cost
    );
  }

  /**
   * The same before it is known whether more will have been waited: what is beaten here is beaten with more waiting, too.
   *
   * @param apart see {@link apartFromWaiting}
   */
  beatsAnyway(rendition: number, step: number, apart: number): boolean {
    return (this.#apart[rendition * this.#steps + step] ?? 0) >= apart;
  }

  /** @returns whether anything became better by it */
  add(rendition: number, step: number, value: number, waited: number): boolean {
    const first = rendition * this.#steps;
    const end = first + this.#steps;
    const cost = this.#cost * waited;
    const apart = value + LESS_WAITED * cost;
    const longer = value - LONGER_WAITED * cost;
    let above = first + step;
    let below = above;
    while (above < end && (this.#apart[above] ?? 0) < apart) {
      this.#apart[above] = apart;
      above += 1;
    }
    while (below >= first && (this.#longer[below] ?? 0) < longer) {
      this.#longer[below] = longer;
      below -= 1;
    }
    return above !== below;
  }

  /** Adds it for every rendition, at the cost of a switch: outwards, until one is no better for it, as none beyond is then. */
  addForAll(rendition: number, step: number, value: number, waited: number): void {
    this.add(rendition, step, value, waited);
    const q = this.#quality[rendition] ?? 0;
    for (let other = rendition + 1; other < this.#quality.length; other += 1) {
      if (!this.add(other, step, value + q - (this.#quality[other] ?? 0), waited)) break;
    }
    for (let other = rendition - 1; other >= 0; other -= 1) {
      if (!this.add(other, step, value - q + (this.#quality[other] ?? 0), waited)) break;
    }
  }
}
