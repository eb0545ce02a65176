import { type QoeScore, type SessionMetrics, sessionMetrics } from 'sluice/qoe';
import { anyElement, element, make, setText } from './page-element.ts';
import { partOf, SCORE_MODELS, type ScoreModel, type ScorePart, weighing } from './score-models.ts';
import type { SessionRecord } from './session-record.ts';
import { bitrate, seconds, shortTime, size } from './wording.ts';

/** A number of the session: what it is called, and how it reads. */
interface Reading {
  readonly label: (metrics: SessionMetrics) => string;
  readonly read: (metrics: SessionMetrics) => string;
}

const named = (label: string, read: Reading['read']): Reading => ({ label: () => label, read });

const READINGS: readonly Reading[] = [
  named('Start-up', ({ initialStartupTime }) => shortTime(initialStartupTime)),
  named('Stalls', ({ playbackStallCount: count, playbackStallDuration: duration }) =>
    count === 0 ? 'none' : `${count}, ${seconds(duration)}`,
  ),
  named('Switches', ({ switches, switchesUp, switchesDown }) =>
    switches === 0 ? 'none' : `${switchesUp} ▲ ${switchesDown} ▼`,
  ),
  named('Average', ({ averageBitrate }) => bitrate(averageBitrate)),
  {
    label: ({ liveLatency }) => (liveLatency === null ? 'Dropped' : 'Behind live'),
    read: ({ liveLatency, droppedFrames, totalFrames }) => {
      if (liveLatency !== null) return seconds(liveLatency);
      return totalFrames === 0 ? '–' : `${droppedFrames} of ${totalFrames}`;
    },
  },
  named('Received', ({ bytesLoaded }) => size(bytesLoaded)),
];

/** The score of the whole session, its parts as bars, and the metrics behind it. */
export interface ScoreCard {
  draw(record: SessionRecord, model: ScoreModel): void;
}

/** Binds the card of the page; `change` hears of the model that was picked. */
export function createScoreCard(change: (model: string) => void): ScoreCard {
  const picker = element('model', HTMLSelectElement);
  const about = anyElement('score-about');
  const headline = anyElement('score-headline');
  const unit = anyElement('score-unit');
  const exact = anyElement('score-exact');
  const list = anyElement('terms');
  const metrics = anyElement('metrics');

  picker.append(...SCORE_MODELS.map(({ name, label }) => new Option(label, name)));
  picker.addEventListener('change', () => change(picker.value));

  const bars = SCORE_MODELS[0]?.parts.map(() => {
    const item = make('li', 'term');
    const bar = make('span', 'bar');
    const fill = make('i');
    const label = make('span', 'term-label');
    const weight = make('small');
    const value = make('b', '', '–');
    bar.append(fill);
    item.append(label, weight, bar, value);
    list.append(item);
    return { item, label, weight, fill, value };
  });
  const readings = READINGS.map((reading) => {
    const pair = make('div');
    const label = make('dt');
    const value = make('dd', '', '–');
    pair.append(label, value);
    metrics.append(pair);
    return { ...reading, target: { label, value } };
  });

  const drawPart = (bar: NonNullable<typeof bars>[number], part: ScorePart, score: QoeScore, share: number): void => {
    const value = partOf(score, part.term);
    bar.item.title = part.about;
    setText(bar.label, part.label);
    setText(bar.weight, weighing(score, part.term));
    setText(bar.value, value === null ? '–' : value.toFixed(Math.abs(value) < 99.995 ? 2 : 0));
    bar.fill.style.transform = `scaleX(${value === null ? 0 : share})`;
    bar.fill.classList.toggle('loss', value !== null && value < 0);
  };

  return {
    draw(record, model) {
      const score = record.scores[model.name] ?? { value: null, terms: {} };
      picker.value = model.name;
      setText(about, model.about);
      about.title = model.about;
      setText(headline, model.headline(score));
      setText(unit, model.unit);
      setText(exact, exactText(score));
      exact.title = (score.notes ?? []).join(' · ');
      exact.dataset.value = String(score.value);
      model.parts.forEach((part, index) => {
        const bar = bars?.[index];
        if (bar) drawPart(bar, part, score, model.share(part.term, score, record.timeline.ladder));
      });
      const numbers = sessionMetrics(record.timeline);
      for (const { label, read, target } of readings) {
        setText(target.label, label(numbers));
        setText(target.value, read(numbers));
      }
    },
  };
}

/** The value to three digits, and whether more of the session may still change what it means. */
function exactText({ value, provisional }: QoeScore): string {
  return `exact ${value === null ? '–' : value.toFixed(3)}${provisional ? ', so far' : ''}`;
}
