import { describe, expect, it, vi } from 'vitest';
import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { AbrInput } from '../../abr/strategy.ts';
import type { Fact } from '../../media/playback-event.ts';
import { type SegmentGate, segmentGate, type WantedSegment } from './segment-gate.ts';

const input = {} as AbrInput;

const choiceOf = (index: number, wait?: number): AbrChoice => ({
  index,
  reason: `rung ${index}`,
  failure: null,
  ...(wait === undefined ? {} : { wait }),
  fact: {
    type: 'decision',
    trigger: 'next',
    strategy: 'test',
    segment: { number: 0, start: 0 },
    from: null,
    index,
    candidates: [0, 1, 2],
    reason: `rung ${index}`,
    inputs: { throughput: null, latency: null, bufferLevel: 0, bufferTarget: 30, playbackRate: 1 },
  },
});

const at = (index: number, start: number): WantedSegment => ({ index, start, end: start + 4 });

function gateOf(
  answers: readonly number[],
  able = true,
): {
  gate: SegmentGate;
  told: Fact[];
  switched: number[];
  decide: ReturnType<typeof vi.fn>;
} {
  const left = [...answers];
  const told: Fact[] = [];
  const switched: number[] = [];
  const decide = vi.fn(() => choiceOf(left.length > 1 ? (left.shift() ?? 0) : (left[0] ?? 0)));
  const gate = segmentGate({
    decide,
    tell: (fact) => told.push(fact),
    switchTo(index) {
      switched.push(index);
      return able;
    },
  });
  return { gate, told, switched, decide };
}

const indices = (told: readonly Fact[]): readonly number[] =>
  told.flatMap((fact) => (fact.type === 'decision' ? [fact.index] : []));

describe('segmentGate', () => {
  it('lets a segment of the chosen rung go and tells the decision', () => {
    const { gate, told } = gateOf([1]);
    expect(gate.admit(at(1, 0), input)).toEqual({ admitted: true, wait: 0 });
    expect(indices(told)).toEqual([1]);
  });

  it('hands on how long the strategy wants to wait', () => {
    const gate = segmentGate({ decide: () => choiceOf(0, 2.5), tell: () => {}, switchTo: () => true });
    expect(gate.admit(at(0, 0), input)).toEqual({ admitted: true, wait: 2.5 });
  });

  it('sends shaka to the chosen rung and knows the decision when it comes back, without asking again', () => {
    const { gate, told, switched, decide } = gateOf([2]);
    expect(gate.admit(at(0, 4), input)).toEqual({ admitted: false });
    expect(told, 'not acted on yet').toEqual([]);
    expect(switched).toEqual([2]);
    expect(gate.admit(at(2, 4), input)).toEqual({ admitted: true, wait: 0 });
    expect(decide).toHaveBeenCalledTimes(1);
    expect(indices(told)).toEqual([2]);
  });

  it('asks anew when shaka comes back with another part of the presentation', () => {
    const { gate, told, decide } = gateOf([2, 2]);
    gate.admit(at(0, 4), input);
    expect(gate.admit(at(2, 300), input)).toEqual({ admitted: true, wait: 0 });
    expect(decide).toHaveBeenCalledTimes(2);
    expect(indices(told)).toEqual([2]);
  });

  it('takes segments that do not begin together for the same part if they overlap', () => {
    const { gate, decide } = gateOf([2]);
    gate.admit({ index: 0, start: 4, end: 8 }, input);
    expect(gate.admit({ index: 2, start: 3.2, end: 9 }, input)).toMatchObject({ admitted: true });
    expect(decide).toHaveBeenCalledTimes(1);
  });

  it('does not take the neighbour for it', () => {
    const { gate, decide } = gateOf([2, 2]);
    gate.admit(at(0, 4), input);
    gate.admit(at(2, 8), input);
    expect(decide).toHaveBeenCalledTimes(2);
  });

  it('asks anew when shaka comes back from a third rung, because the chosen one failed', () => {
    const { gate, told, decide } = gateOf([2, 1]);
    gate.admit(at(0, 4), input);
    expect(gate.admit(at(1, 4), input)).toMatchObject({ admitted: true });
    expect(decide).toHaveBeenCalledTimes(2);
    expect(indices(told)).toEqual([1]);
  });

  it('says so when the engine cannot switch', () => {
    const { gate, told } = gateOf([2], false);
    expect(gate.admit(at(0, 4), input)).toMatchObject({ admitted: true });
    expect(told).toMatchObject([{ index: 0, reason: 'rung 2 (the engine kept 0)' }]);
  });

  it('lets a segment go after some detours, however often the strategy changes its mind', () => {
    const { gate } = gateOf([1, 0, 1, 0, 1, 0, 1, 0]);
    let rung = 0;
    let asked = 0;
    for (; asked < 20; asked += 1) {
      // Each time shaka comes back from where the decision before did not send it.
      if (gate.admit({ index: rung, start: asked * 10, end: asked * 10 + 4 }, input).admitted) break;
      rung = asked % 2;
    }
    expect(asked).toBeLessThan(5);
  });

  it('tells nothing for the segment in place of one that was given up: that was told already', () => {
    const { gate, told, decide } = gateOf([2, 2]);
    gate.admit(at(2, 4), input);
    gate.replaced(at(2, 4), choiceOf(0));
    expect(gate.admit(at(0, 4), input)).toEqual({ admitted: true, wait: 0 });
    expect(decide).toHaveBeenCalledTimes(1);
    expect(indices(told)).toEqual([2]);
  });
});
