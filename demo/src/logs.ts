import type { EventOf } from 'sluice';
import type { Moment } from './moment.ts';
import { anyElement, element, make, setText } from './page-element.ts';
import { decisionAt, type SessionRecord } from './session-record.ts';
import { createVirtualList } from './virtual-list.ts';
import {
  clockTime,
  isChange,
  requestRate,
  rungLabel,
  seconds,
  shortTime,
  size,
  throughput,
  triggerName,
} from './wording.ts';

/** The lists below the player. */
export interface Logs {
  draw(record: SessionRecord): void;
  /** Marks what belongs to the moment looked at. */
  drawMoment(record: SessionRecord): void;
}

/** Gives a row its cells, made once. */
function cells(row: HTMLElement, kind: string, classes: readonly string[]): HTMLElement[] {
  if (row.childElementCount === 0) {
    row.classList.add(kind);
    row.append(...classes.map((name) => make('span', name)));
  }
  return [...row.children] as HTMLElement[];
}

const write = (targets: readonly HTMLElement[], texts: readonly string[]): void =>
  texts.forEach((text, index) => {
    const target = targets[index];
    if (target) setText(target, text);
  });

const DECISION_CELLS = ['time', 'segment', 'rung', 'trigger', 'reason', 'number estimate', 'number buffer'];
const REQUEST_CELLS = ['time', 'what', 'number size', 'number ttfb', 'number took', 'number rate', 'outcome'];

const arrow = ({ from, index }: EventOf<'decision'>): string =>
  from === null || from === index ? '' : index > from ? '▲ ' : '▼ ';

const direction = ({ from, index }: EventOf<'decision'>): string =>
  from === null || from === index ? 'same' : index > from ? 'up' : 'down';

const KINDS: Readonly<Record<EventOf<'request'>['kind'], string>> = {
  manifest: 'manifest',
  playlist: 'playlist',
  init: 'init',
  segment: 'segment',
  subtitle: 'subtitles',
  key: 'key',
  licence: 'licence',
  other: 'other',
};

/** `720p 3M · 12`, `init 720p 3M`, `audio · 12`, `playlist`. */
function requestName({ kind, segment, attempt }: EventOf<'request'>, record: SessionRecord): string {
  const again = attempt > 1 ? `, try ${attempt}` : '';
  if (segment === null) return `${KINDS[kind]}${again}`;
  const of = segment.rendition === null ? segment.track : rungLabel(record.timeline.ladder[segment.rendition]);
  const number = segment.number === null ? '' : ` · ${segment.number}`;
  return `${kind === 'segment' ? '' : `${KINDS[kind]} `}${of}${number}${again}`;
}

function outcomeOf({ outcome, status, fromCache, error }: EventOf<'request'>): string {
  if (outcome === 'aborted') return 'given up';
  if (outcome === 'failed') return status === null ? (error ?? 'failed') : String(status);
  return fromCache ? 'cache' : String(status ?? 'ok');
}

/** The request that was chosen itself, else the one that the decision led to; -1 if there is none. */
function requestOf({ requests, decisions }: SessionRecord, chosen: number, decision: number): number {
  const itself = requests.findLastIndex(({ start }) => start === chosen);
  const made = decisions[decision];
  if (itself >= 0 || !made) return itself;
  return requests.findIndex(
    ({ start, kind, segment }) => kind === 'segment' && segment?.rendition === made.index && start >= made.at,
  );
}

/** Binds the lists of the page. */
export function createLogs(moment: Moment, shown: () => SessionRecord): Logs {
  const decisionCount = anyElement('decision-count');
  const requestCount = anyElement('request-count');
  const requestSum = anyElement('request-sum');
  const changesOnly = element('changes-only', HTMLInputElement);
  const troubles = createTroubleList();
  let record: SessionRecord | null = null;
  /** Indices into the record's decisions that the list shows. */
  let listed: number[] = [];
  let scanned = 0;

  const decisionList = createVirtualList(anyElement('decision-list'), {
    fill(row, item) {
      const decision = record?.decisions[listed[item] ?? -1];
      if (!record || !decision) return;
      const { ladder } = record.timeline;
      const to = rungLabel(ladder[decision.index]);
      const rung = isChange(decision) ? `${rungLabel(ladder[decision.from ?? -1])} → ${to}` : to;
      write(cells(row, 'decision-row', DECISION_CELLS), [
        clockTime(decision.at),
        decision.segment.number === null ? clockTime(decision.segment.start) : String(decision.segment.number),
        `${arrow(decision)}${rung}`,
        triggerName(decision.trigger),
        decision.reason,
        throughput(decision.inputs.throughput),
        seconds(decision.inputs.bufferLevel),
      ]);
      row.dataset.direction = direction(decision);
      row.dataset.trigger = decision.trigger;
      row.title = decision.reason;
    },
    choose(item) {
      const decision = shown().decisions[listed[item] ?? -1];
      if (decision) moment.choose(decision.at);
    },
  });

  const requestList = createVirtualList(anyElement('request-list'), {
    fill(row, item) {
      const request = record?.requests[item];
      if (!record || !request) return;
      write(cells(row, 'request-row', REQUEST_CELLS), [
        clockTime(request.start),
        requestName(request, record),
        size(request.bytes),
        shortTime(request.firstByte === null ? null : request.firstByte - request.start),
        shortTime(request.at - request.start),
        throughput(requestRate(request)),
        outcomeOf(request),
      ]);
      row.dataset.outcome = request.fromCache ? 'cache' : request.outcome;
      row.title = request.url;
    },
    choose(item) {
      const request = shown().requests[item];
      if (request) moment.choose(request.start);
    },
  });

  const collect = (): void => {
    const { decisions } = record ?? { decisions: [] };
    for (; scanned < decisions.length; scanned++) {
      const decision = decisions[scanned];
      if (decision && (!changesOnly.checked || isChange(decision) || decision.from === null)) listed.push(scanned);
    }
  };

  const drawMoment = (from: SessionRecord): void => {
    const { chosen } = moment;
    const decision = chosen === null ? -1 : decisionAt(from.decisions, chosen);
    decisionList.mark(decision < 0 ? -1 : listed.findLastIndex((index) => index <= decision), true);
    requestList.mark(chosen === null ? -1 : requestOf(from, chosen, decision), true);
  };

  const draw = (next: SessionRecord): void => {
    const reset = next !== record;
    record = next;
    if (reset) {
      listed = [];
      scanned = 0;
    }
    collect();
    decisionList.draw(listed.length, reset);
    requestList.draw(next.requests.length, reset);
    troubles.draw(next, reset);
    setText(decisionCount, String(next.decisions.length));
    setText(requestCount, String(next.requests.length));
    setText(requestSum, sumOf(next));
    drawMoment(next);
  };

  changesOnly.addEventListener('change', () => {
    const shownNow = record;
    if (!shownNow) return;
    record = null;
    draw(shownNow);
  });

  return { draw, drawMoment };
}

const sumOf = ({ received, givenUp }: SessionRecord): string =>
  `${size(received)} received${givenUp > 0 ? `, ${size(givenUp)} of it given up` : ''}`;

/** Errors and recoveries, oldest first: new ones come below, so that nothing moves. */
function createTroubleList(): { draw(record: SessionRecord, reset: boolean): void } {
  const box = anyElement('trouble-box');
  const list = anyElement('trouble-list');
  const count = anyElement('trouble-count');
  let drawn = 0;
  return {
    draw({ troubles }, reset) {
      if (reset) {
        list.replaceChildren();
        drawn = 0;
      }
      for (; drawn < troubles.length; drawn++) {
        const trouble = troubles[drawn];
        if (!trouble) continue;
        const item = make('li', trouble.type === 'error' && trouble.fatal ? 'fatal' : trouble.type);
        const words =
          trouble.type === 'error'
            ? `${trouble.fatal ? 'Playback stopped: ' : ''}${trouble.message}`
            : `Recovered: ${trouble.action}`;
        item.append(
          make('span', 'time', clockTime(trouble.at)),
          make('span', 'words', words),
          make('code', '', trouble.code),
        );
        list.append(item);
      }
      box.classList.toggle('empty', troubles.length === 0);
      // A list that can scroll must be within reach of the keyboard.
      if (troubles.length > 0) box.tabIndex = 0;
      else box.removeAttribute('tabindex');
      setText(count, String(troubles.length));
    },
  };
}
