import { describe, expect, it, vi } from 'vitest';
import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { AbrInput } from '../../abr/strategy.ts';
import type { Fact } from '../../media/playback-event.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import type { HttpProgress } from '../../net/http.ts';
import { abandonWatch } from '../abandon-watch.ts';
import { fakeStream } from './fake-variant.ts';
import { pictureFlow } from './picture.ts';
import type { ShakaSegment } from './segment-facts.ts';
import { DIVERTED, type ShakaRequest } from './shaka-request.ts';
import type { VariantChooser } from './variant-chooser.ts';

const choiceOf = (index: number, trigger: 'next' | 'abandon' = 'next', wait = 0): AbrChoice => ({
  index,
  reason: 'test',
  wait,
  failure: null,
  fact: {
    type: 'decision',
    trigger,
    strategy: 'test',
    segment: { number: null, start: 0 },
    from: null,
    index,
    candidates: [0, 1],
    reason: 'test',
    inputs: { throughput: null, latency: null, bufferLevel: 0, bufferTarget: 30, playbackRate: 1 },
  },
});

/** A request for the segment at `start` from the rung that its stream's id names. */
const requestOf = (rung: number, start: number, type = 'video'): ShakaRequest => ({
  kind: 'segment',
  stream: fakeStream(rung, { type }),
  segment: { getStartTime: () => start, getEndTime: () => start + 4 } as ShakaSegment,
  reference: null,
});

function setUp(answer: { choice: AbrChoice; abandon?: AbrChoice | null }) {
  const clock = simulatedClock();
  const told: Fact[] = [];
  const switched: number[] = [];
  const chooser = {
    indexOf: (stream: { id: number }) => stream.id,
    switchTo(index: number) {
      switched.push(index);
      return true;
    },
  } as unknown as VariantChooser;
  const asked = vi.fn(() => answer.abandon ?? null);
  const flow = pictureFlow({
    clock,
    facts: { tell: (fact) => told.push(fact), close() {}, closed: false },
    chooser,
    watch: abandonWatch(clock, asked),
    isPicture: ({ stream }) => stream?.type === 'video',
    decide: () => answer.choice,
    input: () => ({}) as AbrInput,
  });
  return { clock, told, switched, flow, asked };
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  promise.then(
    () => {
      done = true;
    },
    () => {
      done = true;
    },
  );
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
  return done;
};

const never = new AbortController().signal;

describe('pictureFlow', () => {
  it('lets one picture segment go at a time, sound as it comes', async () => {
    const { flow } = setUp({ choice: choiceOf(0) });
    const first = requestOf(0, 0);
    await flow.admit(first, never);
    const second = flow.admit(requestOf(0, 4), never);
    expect(await settled(second)).toBe(false);
    await flow.admit(requestOf(5, 0, 'audio'), never);
    flow.over(first);
    expect(await settled(second)).toBe(true);
  });

  it('sends shaka to another rung and lets the next one in', async () => {
    const { flow, switched, told } = setUp({ choice: choiceOf(1) });
    await expect(flow.admit(requestOf(0, 0), never)).rejects.toBe(DIVERTED);
    expect(switched).toEqual([1]);
    expect(flow.current, 'nothing was asked for').toBeNull();
    await flow.admit(requestOf(1, 0), never);
    expect(flow.current).toBe(1);
    expect(told).toMatchObject([{ type: 'decision', index: 1 }]);
  });

  it('holds a request back for as long as the strategy wants, or until it is hurried or given up', async () => {
    const answer = { choice: choiceOf(0, 'next', 3) };
    const { flow, clock } = setUp(answer);
    const first = requestOf(0, 0);
    const held = flow.admit(first, never);
    await settled(held);
    clock.advance(2.9);
    expect(await settled(held)).toBe(false);
    clock.advance(0.2);
    expect(await settled(held)).toBe(true);
    flow.over(first);

    const second = requestOf(0, 4);
    const hurried = flow.admit(second, never);
    await settled(hurried);
    flow.hurry();
    expect(await settled(hurried)).toBe(true);
    flow.over(second);

    const giving = new AbortController();
    const given = flow.admit(requestOf(0, 8), giving.signal);
    await settled(given);
    giving.abort(new Error('seek'));
    await expect(given).rejects.toThrow('seek');
    expect(clock.waiting, 'no timer is left').toBe(0);
    answer.choice = choiceOf(0);
    await expect(flow.admit(requestOf(0, 100), never)).resolves.toBeUndefined();
  });

  it('gives a download up when the controller says so, even if no byte ever came, and tells the decision once', async () => {
    const answer: { choice: AbrChoice; abandon: AbrChoice | null } = { choice: choiceOf(1), abandon: null };
    const { flow, clock, told, switched, asked } = setUp(answer);
    const request = requestOf(1, 0);
    await flow.admit(request, never);
    let progress: HttpProgress | null | undefined = null;
    flow.sent(request, () => progress);
    clock.advance(0.35);
    expect(asked.mock.calls.length, 'every 100 ms').toBe(3);
    expect(asked.mock.calls.at(-1)).toMatchObject([
      {},
      { index: 1, elapsed: expect.closeTo(0.3, 6), firstByte: null, bytes: 0 },
    ]);
    answer.abandon = choiceOf(0, 'abandon');
    clock.advance(0.1);
    expect(switched).toEqual([0]);
    progress = undefined;
    flow.over(request);
    answer.choice = choiceOf(1);
    await flow.admit(requestOf(0, 0), never);
    expect(told.map((fact) => (fact.type === 'decision' ? `${fact.trigger} ${fact.index}` : fact.type))).toEqual([
      'next 1',
      'abandon 0',
    ]);
    clock.advance(5);
    expect(switched).toEqual([0]);
  });

  it('watches no longer when the download is over', async () => {
    const { flow, clock, asked } = setUp({ choice: choiceOf(1) });
    const request = requestOf(1, 0);
    await flow.admit(request, never);
    flow.sent(request, () => null);
    flow.over(request);
    clock.advance(2);
    expect(asked).not.toHaveBeenCalled();
    expect(clock.waiting).toBe(0);
  });
});
