import * as abr from 'sluice/abr';
import { expect, test } from 'vitest';
import { PRESENTATIONS as SERVED } from '../../fixtures/server/presentations.ts';
import { createTraceLibrary } from '../../fixtures/traces.ts';
import { NETWORKS, PRESENTATIONS, STRATEGIES } from './catalogue.ts';

/** What a factory of a strategy gives when called without options; null for all other exports. */
function strategyName(exported: unknown): string | null {
  if (typeof exported !== 'function') return null;
  try {
    const made: unknown = exported();
    const { name, decide } = Object(made) as { name?: unknown; decide?: unknown };
    return typeof decide === 'function' && typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}

test('every strategy that sluice/abr exports can be picked, under its own name', () => {
  const exported = Object.values(abr).flatMap((value) => strategyName(value) ?? []);
  expect(exported.length).toBeGreaterThan(2);
  expect(STRATEGIES.map(({ create }) => create().name).sort()).toEqual(exported.sort());
  expect(STRATEGIES.map(({ name }) => name)).toEqual(STRATEGIES.map(({ create }) => create().name));
});

test('every stream and every trace that can be picked is one that the fixture server has', () => {
  for (const { name } of PRESENTATIONS) expect(SERVED.has(name), name).toBe(true);
  const traces = createTraceLibrary().names();
  for (const { trace } of NETWORKS) if (trace !== undefined) expect(traces).toContain(trace);
});
