import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import type { AbrContext, AbrPhase } from './strategy.ts';

/** Remembers of a session what is needed to see its decisions as the strategy saw them. */
export interface SessionMemory {
  observe(event: PlaybackEvent): void;
  /** s; null before a manifest or a segment said it. */
  segmentDuration(): number | null;
  /**
   * The context a decision was made in, from its fact alone, so that a strategy can take the step in `observe` that it only
   * announced in `decide`, live and in a replay. Null before the manifest.
   */
  contextOf(decision: EventOf<'decision'>): AbrContext | null;
}

/** s of buffer after a seek from which playback counts as steady again. */
const REFILLED = 4;

/** Memory of one session; a `sessionStart` fact empties it. */
export function sessionMemory(): SessionMemory {
  let manifest: EventOf<'manifest'> | null = null;
  let edge: EventOf<'edge'> | null = null;
  let lastDuration: number | null = null;
  let started = false;
  let sought = false;

  const phaseAt = (bufferLevel: number): AbrPhase => {
    if (!started) return 'startup';
    return sought && bufferLevel < REFILLED ? 'seek' : 'steady';
  };
  const segmentDuration = (): number | null => manifest?.segmentDuration ?? lastDuration;

  return {
    segmentDuration,
    observe(event) {
      switch (event.type) {
        case 'sessionStart':
          manifest = null;
          edge = null;
          lastDuration = null;
          started = false;
          sought = false;
          break;
        case 'manifest':
          manifest = event;
          break;
        case 'edge':
          edge = event;
          break;
        case 'buffered':
          if (event.track === 'video' || event.track === 'muxed') lastDuration = event.end - event.start;
          break;
        case 'playing':
          started = true;
          break;
        case 'seeking':
          sought = true;
          break;
        case 'decision':
          if (event.inputs.bufferLevel >= REFILLED) sought = false;
          break;
        default:
      }
    },
    contextOf(decision) {
      if (manifest === null) return null;
      const { inputs, segment } = decision;
      const duration = segmentDuration() ?? 4;
      const live = manifest.presentation === 'live';
      const remaining =
        manifest.duration === null || live ? null : Math.ceil((manifest.duration - segment.start) / duration - 1e-6);
      return {
        ladder: manifest.ladder,
        candidates: decision.candidates,
        current: decision.from,
        segment: { number: segment.number, start: segment.start, duration, sizes: null, remaining },
        bufferLevel: inputs.bufferLevel,
        bufferTarget: inputs.bufferTarget,
        position: segment.start - inputs.bufferLevel,
        playbackRate: inputs.playbackRate,
        phase: phaseAt(inputs.bufferLevel),
        live: live ? { latency: null, target: manifest.targetLatency } : null,
        now: decision.at,
        throughput: inputs.throughput,
        latency: inputs.latency,
        edge,
      };
    },
  };
}
