import { describe, expect, it } from 'vitest';
import { mailbox } from './mailbox.ts';

describe('mailbox', () => {
  it('delivers in order what is put in while delivering: every subscriber sees the same order', () => {
    const first: number[] = [];
    const second: number[] = [];
    const post = mailbox<number>((item) => {
      first.push(item);
      if (item === 1) post(2);
      second.push(item);
    });
    post(1);
    post(3);
    expect(first).toEqual([1, 2, 3]);
    expect(second).toEqual([1, 2, 3]);
  });

  it('delivers at once when idle', () => {
    const seen: string[] = [];
    mailbox<string>((item) => seen.push(item))('a');
    expect(seen).toEqual(['a']);
  });

  it('delivers what waits behind an item that throws, then throws the first error', () => {
    const seen: number[] = [];
    const post = mailbox<number>((item) => {
      if (item === 1) {
        post(2);
        post(3);
        throw new Error('one');
      }
      if (item === 2) throw new Error('two');
      seen.push(item);
    });
    expect(() => post(1)).toThrow('one');
    expect(seen).toEqual([3]);
  });

  it('works on after an error', () => {
    const seen: number[] = [];
    const post = mailbox<number>((item) => {
      if (item === 1) throw new Error('no');
      seen.push(item);
    });
    expect(() => post(1)).toThrow('no');
    post(2);
    expect(seen).toEqual([2]);
  });

  it('delivers anything, absent values too', () => {
    const seen: unknown[] = [];
    const post = mailbox<unknown>((item) => {
      if (seen.push(item) === 1) post(null);
    });
    post(undefined);
    expect(seen).toEqual([undefined, null]);
  });

  it('lets a long queue go in time that grows with its length only', () => {
    let count = 0;
    const post = mailbox<number>((item) => {
      count += 1;
      if (item === 0) for (let next = 1; next <= 200_000; next += 1) post(next);
    });
    post(0);
    expect(count).toBe(200_001);
  });
});
