/**
 * A list that only grows, and never changes under those who hold it: `push` gives a longer one and leaves this one as it
 * was. Growing the newest costs the same however long it is (items are shared, not copied); growing an older one copies.
 */
export class Series<T> implements Iterable<T> {
  readonly length: number;
  readonly #items: T[];

  private constructor(items: T[], length: number) {
    this.#items = items;
    this.length = length;
  }

  /** A list of these items. */
  static of<T>(...items: readonly T[]): Series<T> {
    return new Series([...items], items.length);
  }

  /** This list with one more item at its end. */
  push(item: T): Series<T> {
    // Empty ones may be constants: their items are never shared.
    const newest = this.length > 0 && this.#items.length === this.length;
    const items = newest ? this.#items : this.#items.slice(0, this.length);
    items.push(item);
    return new Series(items, items.length);
  }

  /** The item at an index, from the end if negative; undefined where there is none. */
  at(index: number): T | undefined {
    const place = index < 0 ? this.length + index : index;
    return place >= 0 && place < this.length ? this.#items[place] : undefined;
  }

  /** The same object for all lists that share their items: what was computed of a shorter one can be carried on with a longer one. */
  get root(): object {
    return this.#items;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.length; index += 1) yield this.#items[index] as T;
  }

  toArray(): T[] {
    return this.#items.slice(0, this.length);
  }

  /** In JSON a series is an array. */
  toJSON(): T[] {
    return this.toArray();
  }
}
