import type { AbrInput } from '../../abr/strategy.ts';
import type { EngineSettings } from '../engine.ts';
import type { PlaybackPhase } from '../playback-phase.ts';
import type { Presentation } from './presentation.ts';
import { sizeAt, wantedSegment } from './segment-facts.ts';
import type { ShakaRequest } from './shaka-request.ts';
import type { VariantChooser } from './variant-chooser.ts';

/** Puts the question of the next rung: everything that a strategy is told by the engine. `current` as in {@link AbrInput}. */
export interface Questions {
  /** About the segment after what is buffered, when none is being asked for. */
  upcoming(candidates: readonly number[], current: number | null): AbrInput;
  /** About the segment that shaka is about to request. */
  about(request: ShakaRequest, current: number | null): AbrInput;
}

/** What the questions are made from. */
export interface QuestionParts {
  readonly media: HTMLMediaElement;
  readonly settings: EngineSettings;
  readonly phase: PlaybackPhase;
  readonly stream: Presentation;
  readonly chooser: Pick<VariantChooser, 'ladder' | 'candidates' | 'streamOf'>;
}

/** s of a segment before any playlist is known: what HLS authors are told to use. */
const TYPICAL_SEGMENT = 6;

/** Makes {@link Questions}. */
export function abrQuestions({ media, settings, phase, stream, chooser }: QuestionParts): Questions {
  const ask = (segment: AbrInput['segment'], candidates: readonly number[], current: number | null): AbrInput => {
    const live = stream.live();
    return {
      ladder: chooser.ladder,
      candidates,
      current,
      segment,
      bufferLevel: stream.bufferLevel(),
      bufferTarget: settings.bufferTarget,
      position: media.currentTime,
      playbackRate: media.playbackRate,
      phase: phase.phase,
      live: live === null ? null : { latency: live.latency, target: live.target },
    };
  };

  const upcoming = (): AbrInput['segment'] => {
    const { segmentDuration } = stream;
    // Before the presentation is known the element is at 0, wherever playback is going to start.
    const start = segmentDuration === null ? (settings.startPosition ?? 0) : media.currentTime + stream.bufferLevel();
    return { number: null, start, duration: segmentDuration ?? TYPICAL_SEGMENT, sizes: null, remaining: null };
  };

  return {
    upcoming: (candidates, current) => ask(upcoming(), candidates, current),
    about({ stream: own, segment }, current) {
      if (own === null || segment === null) return ask(upcoming(), chooser.candidates(), current);
      const middle = (segment.getStartTime() + segment.getEndTime()) / 2;
      const sizes = chooser.ladder.map((_, index) => {
        const other = chooser.streamOf(index);
        return other === null ? null : sizeAt(other, middle);
      });
      return ask(wantedSegment(own, segment, sizes, stream.live() !== null), chooser.candidates(), current);
    },
  };
}
