import { expect, it } from 'vitest';
import { simulatedClock } from '../media/simulated-clock.ts';
import { attemptBudget } from './attempt-budget.ts';

it('gives a limited number of attempts within a window, and gives them back as time passes', () => {
  const clock = simulatedClock();
  const budget = attemptBudget(clock, 2, 10);
  expect([budget.take(), budget.take(), budget.take()]).toEqual([0, 1, null]);
  clock.advance(9.9);
  expect(budget.take()).toBeNull();
  clock.advance(0.2);
  expect([budget.take(), budget.take(), budget.take()]).toEqual([0, 1, null]);
});
