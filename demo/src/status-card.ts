import { anyElement, setText } from './page-element.ts';
import type { Running } from './playback.ts';
import type { ScoreModel } from './score-models.ts';
import type { SessionRecord } from './session-record.ts';
import { bitrate, decisionMove, rungName, seconds, segmentName, sentences, stateName, throughput } from './wording.ts';

/** What is on screen now, and why. */
export interface StatusCard {
  /** `running` is null while an imported session is looked at. */
  draw(record: SessionRecord, running: Running | null, model: ScoreModel): void;
}

/** s between two announcements to a screen reader. */
const ANNOUNCE_INTERVAL = 4;

/** Binds the card of the page. */
export function createStatusCard(): StatusCard {
  const card = anyElement('status');
  const state = anyElement('state-text');
  const shown = anyElement('reading-shown');
  const buffer = anyElement('reading-buffer');
  const estimate = anyElement('reading-estimate');
  const score = anyElement('reading-score');
  const why = anyElement('why');
  const announce = createAnnouncer(anyElement('announcer'));

  return {
    draw(record, running, model) {
      const { timeline } = record;
      const rendition = timeline.rendition === null ? undefined : timeline.ladder[timeline.rendition];
      const name = stateName(timeline.machine.state);
      card.dataset.state = timeline.machine.state;
      setText(state, name);
      setText(shown, rendition ? `${rungName(rendition)} · ${bitrate(rendition.bitrate)}` : '–');
      setText(buffer, timeline.sessionId === null ? '–' : seconds(timeline.bufferLevel));
      setText(estimate, throughput(running?.player.throughput ?? record.decisions.at(-1)?.inputs.throughput));
      setText(score, model.headline(record.scores[model.name] ?? { value: null, terms: {} }));
      setText(why, whyOf(record, running));
      announce(`${name}${rendition ? `, ${rungName(rendition)} at ${bitrate(rendition.bitrate)}` : ''}`);
    },
  };
}

function whyOf(record: SessionRecord, running: Running | null): string {
  const { failure, timeline } = record;
  if (failure) return `${failure.message} (${failure.code})`;
  const decision = record.decisions.at(-1);
  const selected = timeline.selected === null ? '' : ' The viewer has fixed the picture quality.';
  if (decision)
    return `${segmentName(decision)} ${decisionMove(decision, timeline.ladder)}: ${decision.reason}.${selected}`;
  const limits = running?.player.limits ?? [];
  if (limits.length > 0 && timeline.machine.started) return sentences(limits);
  return 'Nothing decided yet.';
}

/** Says what changed, politely and not too often; the latest text wins. */
function createAnnouncer(region: HTMLElement): (text: string) => void {
  let said = '';
  let wanted = '';
  let waiting = false;
  const say = (): void => {
    waiting = false;
    if (wanted === said) return;
    said = wanted;
    setText(region, wanted);
    waiting = true;
    setTimeout(say, ANNOUNCE_INTERVAL * 1000);
  };
  return (text) => {
    wanted = text;
    if (!waiting) say();
  };
}
