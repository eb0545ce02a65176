import { describe, expect, it } from 'vitest';
import { Series } from './series.ts';

describe('Series', () => {
  it('grows without changing what others hold', () => {
    const one = Series.of('a');
    const two = one.push('b');
    const three = two.push('c');
    expect([...one]).toEqual(['a']);
    expect([...two]).toEqual(['a', 'b']);
    expect(three.toArray()).toEqual(['a', 'b', 'c']);
  });

  it('branches: two lists grown from the same one do not see each other', () => {
    const stem = Series.of(1, 2);
    const left = stem.push(3);
    const right = stem.push(4);
    expect([...left]).toEqual([1, 2, 3]);
    expect([...right]).toEqual([1, 2, 4]);
    expect([...stem]).toEqual([1, 2]);
  });

  it('gives items by index, from the end if negative, and only its own', () => {
    const two = Series.of('a', 'b');
    two.push('c');
    expect([two.at(0), two.at(1), two.at(2), two.at(-1), two.at(-3)]).toEqual(['a', 'b', undefined, 'b', undefined]);
  });

  it('has the same root as those it grew into, and another than a branch', () => {
    const one = Series.of(1);
    const two = one.push(2);
    expect(two.root).toBe(one.root);
    expect(one.push(3).root).not.toBe(one.root);
  });

  it('shares nothing when empty, so that a constant can be grown by many', () => {
    const none = Series.of<number>();
    const left = none.push(1);
    const right = none.push(2);
    expect(left.root).not.toBe(right.root);
    expect(left.root).not.toBe(none.root);
    expect([[...none], [...left], [...right]]).toEqual([[], [1], [2]]);
  });

  it('is an array in JSON', () => {
    expect(JSON.stringify({ list: Series.of(1, 2) })).toBe('{"list":[1,2]}');
  });

  it('changes nothing of the array it was made from', () => {
    const items = [1];
    Series.of(...items).push(2);
    expect(items).toEqual([1]);
  });
});
