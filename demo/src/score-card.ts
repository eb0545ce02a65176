import { type SessionMetrics, sessionMetrics } from 'sluice/qoe';
import { anyElement, make, setText } from './page-element.ts';
import type { SessionRecord } from './session-record.ts';
import { scoreText } from './status-card.ts';
import { bitrate, seconds, shortTime, size } from './wording.ts';

/** One term of the weighted score: its share of it, and how much of the possible it reached, 0…1. */
interface Term {
  readonly name: string;
  readonly label: string;
  readonly weight: number;
  readonly about: string;
  readonly share: (value: number, record: SessionRecord) => number;
}

const clamp = (value: number): number => Math.min(Math.max(value, 0), 1);

/** What the weighted scorer documents: its base, and the top of the brief's ladder, bits/s. */
const BASE_BITRATE = 235_000;
const TOP_BITRATE = 5_800_000;

const TERMS: readonly Term[] = [
  {
    name: 'quality',
    label: 'Quality',
    weight: 40,
    about: 'average bitrate, logarithmic',
    share: (value, { timeline }) =>
      clamp(value / Math.log(Math.max(timeline.ladder.at(-1)?.bitrate ?? 0, TOP_BITRATE) / BASE_BITRATE)),
  },
  { name: 'stability', label: 'Stability', weight: 30, about: 'few changes of rung a minute', share: clamp },
  { name: 'startup', label: 'Start-up', weight: 20, about: 'a quick first frame', share: clamp },
  { name: 'buffering', label: 'Buffering', weight: 10, about: 'few stalls an hour', share: clamp },
];

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

/** The score of the whole session, its terms as bars, and the metrics behind it. */
export interface ScoreCard {
  draw(record: SessionRecord): void;
}

/** Binds the card of the page. */
export function createScoreCard(): ScoreCard {
  const normalised = anyElement('score-normalised');
  const exact = anyElement('score-exact');
  const terms = anyElement('terms');
  const metrics = anyElement('metrics');

  const bars = TERMS.map(({ label, weight, about }) => {
    const item = make('li', 'term');
    item.title = about;
    const bar = make('span', 'bar');
    const fill = make('i');
    const value = make('b', '', '–');
    bar.append(fill);
    item.append(make('span', 'term-label', label), make('small', '', `${weight} %`), bar, value);
    terms.append(item);
    return { fill, value };
  });
  const readings = READINGS.map((reading) => {
    const pair = make('div');
    const label = make('dt');
    const value = make('dd', '', '–');
    pair.append(label, value);
    metrics.append(pair);
    return { ...reading, target: { label, value } };
  });

  return {
    draw(record) {
      const { value, terms: scored } = record.score;
      setText(normalised, scoreText(record));
      setText(exact, `exact ${value === null ? '–' : value.toFixed(3)}`);
      exact.dataset.value = String(value);
      TERMS.forEach(({ name, share }, index) => {
        const reached = scored[name];
        const bar = bars[index];
        if (!bar) return;
        setText(bar.value, reached === undefined ? '–' : reached.toFixed(2));
        bar.fill.style.transform = `scaleX(${reached === undefined ? 0 : share(reached, record)})`;
      });
      const numbers = sessionMetrics(record.timeline);
      for (const { label, read, target } of readings) {
        setText(target.label, label(numbers));
        setText(target.value, read(numbers));
      }
    },
  };
}
