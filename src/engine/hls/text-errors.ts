import type Hls from 'hls.js';
import type { ErrorData } from 'hls.js';
import type { Clock } from '../../media/clock.ts';
import { errorFact } from '../../media/error-fact.ts';
import { PlayerError } from '../../media/player-error.ts';
import { attemptBudget } from '../attempt-budget.ts';
import type { FactWriter } from '../fact-writer.ts';
import type { Gaps } from './gaps.ts';
import { Events } from './hls-events.ts';

/** Text segments that may fail in a minute before the text is given up. */
const TEXT_ATTEMPTS = { limit: 5, window: 60 };

const isText = ({ frag, context }: ErrorData): boolean =>
  frag?.type === 'subtitle' || (context?.type as string | undefined) === 'subtitleTrack';

/**
 * Takes care that text never stops the picture: hls.js treats a subtitle segment or playlist that cannot be loaded as fatal. A
 * segment is left out; a playlist, or many segments, and the text track is turned off. Must be made before hls.js's own
 * controllers, which then find the error handled.
 *
 * @returns what stops it
 */
export function softenTextErrors(
  hls: Hls,
  parts: { readonly clock: Clock; readonly facts: FactWriter; readonly gaps: Gaps },
): () => void {
  const attempts = attemptBudget(parts.clock, TEXT_ATTEMPTS.limit, TEXT_ATTEMPTS.window);
  let cancel = (): void => {};

  const turnOff = (): void => {
    cancel();
    cancel = parts.clock.after(0, () => {
      if (hls.subtitleTrack < 0) return;
      hls.subtitleTrack = -1;
      parts.facts.tell({ type: 'recovery', code: 'TEXT_FAILED', action: 'turned the text track off' });
    });
  };

  hls.on(Events.ERROR, (_event, data) => {
    if (!isText(data) || data.details.toString() === 'aborted') return;
    // NetworkErrorAction.DoNothing, ErrorActionFlags.None
    data.errorAction = { action: 0, flags: 0, resolved: true };
    if (data.details.toString() === 'fragGap') return;
    if (data.frag && attempts.take() !== null) parts.gaps.leaveOut(data.frag);
    else turnOff();
  });

  hls.on(Events.SUBTITLE_FRAG_PROCESSED, (_event, { error, frag }) => {
    if (!error) return;
    const message = `text segment ${frag.sn} could not be parsed: ${error.message}`;
    parts.facts.tell(errorFact(new PlayerError('TEXT_FAILED', message)));
  });

  return () => cancel();
}
