import { expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { simulatedClock } from '../media/simulated-clock.ts';
import { factWriter } from './fact-writer.ts';

it('tells facts with the time of the clock, and nothing once closed', () => {
  const clock = simulatedClock();
  const told: PlaybackEvent[] = [];
  const facts = factWriter(clock, (event) => told.push(event));
  clock.advance(1.5);
  facts.tell({ type: 'selection', index: 2 });
  facts.close();
  facts.tell({ type: 'selection', index: 3 });
  expect(told).toEqual([{ type: 'selection', index: 2, at: 1.5 }]);
  expect(facts.closed).toBe(true);
});
