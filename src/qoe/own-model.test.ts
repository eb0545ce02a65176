import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { EMPTY_TIMELINE } from '../session/timeline.ts';
import { type QoeScorer, replay, sessionMetrics } from './index.ts';

// region: own-model
/** Share of the watched time in which the picture moved and stayed what it was, 0…1: a switch costs a second. */
function calm(): QoeScorer {
  return {
    name: 'calm',
    score(timeline) {
      const { watchedTime, playedTime, switches } = sessionMetrics(timeline);
      if (watchedTime === 0) return { value: null, terms: {} };
      const playing = playedTime / watchedTime;
      const switching = -switches / watchedTime;
      return { value: Math.max(playing + switching, 0), terms: { playing, switching } };
    },
  };
}
// endregion

it('the model in the docs is one, and scores', () => {
  const own = readFileSync(import.meta.filename, 'utf8');
  const [, region = ''] = /\/\/ region: own-model\n([\s\S]*?)\/\/ endregion/.exec(own) ?? [];
  expect(region.length).toBeGreaterThan(100);
  const documented = region.trim().replace('function calm', 'export function calm');
  expect(readFileSync('docs/qoe.md', 'utf8')).toContain(documented);
  // 2 s of start-up, 12 s of media, one switch: 12/14 − 1/14
  const timeline = replay(madeUpSession({ ladder: BRIEF_LADDER, startup: 2, renditions: [0, 5, 5] }));
  expect(calm().score(timeline).value).toBeCloseTo(11 / 14, 9);
  expect(calm().score(EMPTY_TIMELINE).value).toBeNull();
});
