import type { Moment } from './moment.ts';
import { anyElement, element, setText } from './page-element.ts';
import { decisionAt, type SessionRecord } from './session-record.ts';
import {
  clockTime,
  decisionMove,
  rungLabel,
  seconds,
  segmentName,
  sentences,
  shortTime,
  throughput,
} from './wording.ts';

/** The decision made at the moment looked at, in words, and buttons to walk from one to the next. */
export interface MomentCard {
  /** `limits` is what the engine cannot do, in words: it may be why there is no decision. */
  draw(record: SessionRecord, limits: readonly string[]): void;
}

/** Binds the card of the page. */
export function createMomentCard(moment: Moment, shown: () => SessionRecord): MomentCard {
  const when = anyElement('moment-when');
  const what = anyElement('moment-what');
  const why = anyElement('moment-why');
  const inputs = anyElement('moment-inputs');
  const previous = element('moment-previous', HTMLButtonElement);
  const next = element('moment-next', HTMLButtonElement);
  const now = element('moment-now', HTMLButtonElement);

  const current = (record: SessionRecord): number =>
    moment.time === null ? record.decisions.length - 1 : decisionAt(record.decisions, moment.time);

  const walk = (step: number): void => {
    const decisions = shown().decisions;
    const decision = decisions[Math.min(Math.max(current(shown()) + step, 0), decisions.length - 1)];
    if (decision) moment.choose(decision.at);
  };
  previous.addEventListener('click', () => walk(-1));
  next.addEventListener('click', () => walk(1));
  now.addEventListener('click', () => moment.choose(null));

  return {
    draw(record, limits) {
      const decision = record.decisions[current(record)];
      const { ladder } = record.timeline;
      const looking = moment.time;
      const title = looking === null ? 'Latest decision' : `At ${clockTime(looking)}, the decision in force`;
      setText(when, decision ? `${title} · made at ${clockTime(decision.at)}` : title);
      setText(what, decision ? `${segmentName(decision)} ${decisionMove(decision, ladder)}` : 'No decision yet.');
      setText(why, decision ? `Because: ${decision.reason}` : sentences(limits));
      setText(inputs, decision ? inputsOf(decision, ladder) : '');
      now.setAttribute('aria-disabled', String(moment.chosen === null));
    },
  };
}

function inputsOf(
  { candidates, inputs }: SessionRecord['decisions'][number],
  ladder: SessionRecord['timeline']['ladder'],
): string {
  const top = candidates.at(-1);
  const all = candidates.length === ladder.length;
  const open =
    all || top === undefined
      ? 'all renditions open to choice'
      : `${candidates.length} of ${ladder.length} renditions open to choice, up to ${rungLabel(ladder[top])}`;
  return (
    `Network ${throughput(inputs.throughput)}, first byte after ${shortTime(inputs.latency)}` +
    ` · buffer ${seconds(inputs.bufferLevel)} of ${seconds(inputs.bufferTarget, 0)} · ${open}`
  );
}
