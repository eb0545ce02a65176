import { expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

const never = new AbortController().signal;

it('lets one in at a time, in the order they came', async () => {
  const door = oneAtATime();
  const inside: number[] = [];
  const enter = async (n: number): Promise<void> => {
    await door.enter(never);
    inside.push(n);
  };
  const all = [1, 2, 3].map(enter);
  await Promise.resolve();
  expect(inside).toEqual([1]);
  door.leave();
  await all[1];
  expect(inside).toEqual([1, 2]);
  door.leave();
  await all[2];
  expect(inside).toEqual([1, 2, 3]);
});

it('lets go of one that gives up waiting, and lets the next in', async () => {
  const door = oneAtATime();
  await door.enter(never);
  const giving = new AbortController();
  const second = door.enter(giving.signal);
  const third = door.enter(never);
  giving.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  door.leave();
  await expect(third).resolves.toBeUndefined();
});

it('does not let in who has given up before', async () => {
  const door = oneAtATime();
  await expect(door.enter(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  await expect(door.enter(never)).resolves.toBeUndefined();
});

it('is free again when the last has left', async () => {
  const door = oneAtATime();
  await door.enter(never);
  door.leave();
  await expect(door.enter(never)).resolves.toBeUndefined();
});
