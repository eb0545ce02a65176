import type { Clock } from '../../media/clock.ts';
import { type ErrorCode, PlayerError } from '../../media/player-error.ts';
import { redactUrl } from '../../media/redact-url.ts';
import type { HttpResponse } from '../../net/http.ts';
import type { FactWriter } from '../fact-writer.ts';
import { EMPTY_MP4, lostSegments } from './lost-segments.ts';
import { wrongWithMp4 } from './mp4-check.ts';
import type { ShakaRequest } from './shaka-request.ts';
import type { FailureAnswer } from './transport.ts';

/** Sees to it that shaka gets something for every segment: the segment, another stream, or what stands for it. */
export interface SegmentSupply {
  /**
   * What arrived is looked at before shaka appends it.
   *
   * @throws PlayerError SEGMENT_PARSE_FAILED if that would break the source buffer
   */
  arrived(request: ShakaRequest, response: HttpResponse): void;
  failed(request: ShakaRequest, failure: PlayerError): FailureAnswer;
  /** Media could not be appended, for which shaka has disabled its rung. */
  appendFailed(): void;
  stop(): void;
}

/** What the supply acts through. */
export interface SegmentSupplyParts {
  readonly clock: Clock;
  readonly facts: FactWriter;
  /** Whether the request could be made at another rung. */
  hasAlternatives(request: ShakaRequest): boolean;
  /** Makes shaka try again the streams it disabled. */
  reopen(): void;
}

/** s for which a rung that could not be appended is left out, as shaka does after other failures (`streaming.maxDisabledTime`). */
const DISABLED = 30;
/** What a subtitle segment that cannot be had is replaced with, so that the ones after it are still shown. */
const NO_SUBTITLES = 'WEBVTT\n\n';

/** Makes a {@link SegmentSupply}. */
export function segmentSupply({ clock, facts, hasAlternatives, reopen }: SegmentSupplyParts): SegmentSupply {
  const lost = lostSegments(clock);
  let cancelReopen = (): void => {};

  const reopenAfter = (delay: number): void => {
    cancelReopen();
    cancelReopen = clock.after(delay, reopen);
  };

  const leaveOut = (code: ErrorCode, { stream }: ShakaRequest): ArrayBuffer => {
    facts.tell({ type: 'recovery', code, action: `leaves a segment out (${stream?.type})` });
    // It was no fault of the streams that were disabled for it.
    reopenAfter(0);
    return EMPTY_MP4;
  };

  const withoutSubtitles = (): ArrayBuffer => {
    facts.tell({ type: 'recovery', code: 'TEXT_FAILED', action: 'goes on without these subtitles' });
    return new TextEncoder().encode(NO_SUBTITLES).buffer;
  };

  return {
    arrived(request, { body, url }) {
      const { kind, stream } = request;
      if (kind === 'segment') lost.arrived(request);
      const isMp4 = (kind === 'segment' || kind === 'init') && (stream?.mimeType.endsWith('/mp4') ?? false);
      const wrong = isMp4 ? wrongWithMp4(body) : null;
      if (wrong !== null)
        throw new PlayerError('SEGMENT_PARSE_FAILED', `${redactUrl(url)} is broken: ${wrong}`, { url });
    },
    failed(request, failure) {
      if (request.kind === 'subtitle' && request.stream?.mimeType === 'text/vtt') return withoutSubtitles();
      if (request.kind !== 'segment' && request.kind !== 'init') return 'elsewhere';
      const fate = lost.judge(request, failure, hasAlternatives(request));
      if (fate !== 'leaveOut') return fate;
      return leaveOut(failure.code === 'SEGMENT_PARSE_FAILED' ? failure.code : 'SEGMENT_LOAD_FAILED', request);
    },
    appendFailed: () => reopenAfter(DISABLED),
    stop: () => cancelReopen(),
  };
}
