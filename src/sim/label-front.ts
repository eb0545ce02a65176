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
  #width = 1;
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
    this.#width = width;
    this.#cost = cost;
    this.clear();
  }

  clear(): void {
    this.#apart.fill(Number.NEGATIVE_INFINITY);
    this.#longer.fill(Number.NEGATIVE_INFINITY);
    this.#last.fill(-1);
  }

  stepOf(waited: number): number {
    const step = Math.floor((waited - this.#origin) / this.#width);
    return Math.min(Math.max(step, 0), this.#steps - 1);
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

  add(rendition: number, step: number, value: number, waited: number): void {
    const first = rendition * this.#steps;
    const cost = this.#cost * waited;
    const apart = value + LESS_WAITED * cost;
    const longer = value - LONGER_WAITED * cost;
    for (let at = first + step; at < first + this.#steps && (this.#apart[at] ?? 0) < apart; at += 1)
      this.#apart[at] = apart;
    for (let at = first + step; at >= first && (this.#longer[at] ?? 0) < longer; at -= 1) this.#longer[at] = longer;
  }

  /** Adds it for every rendition, at the cost of a switch. */
  addForAll(rendition: number, step: number, value: number, waited: number): void {
    const q = this.#quality[rendition] ?? 0;
    for (let other = 0; other < this.#quality.length; other += 1) {
      this.add(other, step, value - Math.abs(q - (this.#quality[other] ?? 0)), waited);
    }
  }
}
