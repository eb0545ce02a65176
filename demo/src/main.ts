import 'media-chrome';
import 'media-chrome/menu';
import type { PlaybackEvent } from 'sluice';
import { MANUAL } from './catalogue.ts';
import { createFixtureServer } from './fixture-network.ts';
import { createView } from './frame.ts';
import { createLogs } from './logs.ts';
import { createMoment } from './moment.ts';
import { createMomentCard } from './moment-card.ts';
import { createNetworkCard } from './network-card.ts';
import { anyElement, element, setText } from './page-element.ts';
import { type PageState, readState, writeState } from './page-state.ts';
import { createPickers } from './pickers.ts';
import { createPlayback } from './playback.ts';
import { createPlayerMenus } from './player-menus.ts';
import { createPlots } from './plots.ts';
import { createScoreCard } from './score-card.ts';
import { modelNamed, type ScoreModel } from './score-models.ts';
import { bindSessionFiles } from './session-files.ts';
import { createSessionRecord, recordOf, type SessionRecord } from './session-record.ts';
import { createStatusCard } from './status-card.ts';
import { bindTheme } from './theme.ts';

const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
const video = element('video', HTMLVideoElement);
const moment = createMoment();

let state = readState(location.search, !calm);
let span: number | null = 120;
let replaySpan: number | null = null;
let live: SessionRecord = createSessionRecord();
let imported: SessionRecord | null = null;

const shown = (): SessionRecord => imported ?? live;
/** Of the score that is looked at. */
const model = (): ScoreModel => modelNamed(state.model);
/** What the engine at work cannot do; nothing is known of an imported session's. */
const limits = (): readonly string[] => (imported ? [] : (playback.running?.player.limits ?? []));

// Views: each draws itself when something it shows has changed.

const plots = createPlots(anyElement('plots'), moment);
const momentCard = createMomentCard(moment, shown);
const logs = createLogs(moment, shown);
const status = createStatusCard();
const score = createScoreCard((model) => {
  state = { ...state, model };
  announceState();
  redraw();
});
const menus = createPlayerMenus(() => playback.running?.player ?? null);
const network = createNetworkCard((byHand) => {
  state = { ...state, ...byHand, network: MANUAL };
  announceState();
  playback.setNetwork(state);
});
const failure = anyElement('failure');

const views = {
  plots: createView(anyElement('plots'), 0.25, () => plots.draw(shown(), imported ? replaySpan : span, model())),
  logs: createView(anyElement('decision-list').closest('.logs') ?? document.body, 0.25, () => logs.draw(shown())),
  status: createView(anyElement('status'), 0.1, () => {
    status.draw(shown(), imported ? null : playback.running, model());
    momentCard.draw(shown(), limits());
  }),
  score: createView(anyElement('terms'), 0.25, () => score.draw(shown(), model())),
  network: createView(anyElement('bandwidth'), 0.25, () => network.draw(playback.running?.network ?? null)),
  player: createView(video, 0.25, () => {
    const { running } = playback;
    if (running) menus.draw(running.player);
    failure.hidden = live.failure === null;
    if (live.failure) setText(anyElement('failure-text'), `${live.failure.message} (${live.failure.code})`);
  }),
  // Chosen in a log, the moment shows in the plots and the card, which need not be where the log is.
  moment: createView(document.body, 0, () => {
    plots.drawMoment(shown());
    momentCard.draw(shown(), limits());
    logs.drawMoment(shown());
  }),
};

const redraw = (): void => {
  for (const view of Object.values(views)) view.invalidate();
};
moment.onChange(() => views.moment.invalidate());

// The session under way.

const playback = createPlayback(video, createFixtureServer(state.fixtures), {
  started({ record }) {
    live = record;
    moment.choose(null);
    redraw();
  },
  changed: redraw,
  failed: complain,
});

const pickers = createPickers((part) => {
  state = { ...state, ...part };
  announceState();
  backToLive();
  if (Object.keys(part).every((name) => name === 'network')) playback.setNetwork(state);
  else playback.start(state);
});

/** The state everywhere but in the player: URL, pickers, the document. */
function announceState(): void {
  history.replaceState(null, '', writeState(state, location.search));
  document.documentElement.dataset.network = state.network;
  pickers.show(state);
  views.network.invalidate();
}

for (const id of ['restart', 'retry']) {
  anyElement(id).addEventListener('click', () => {
    backToLive();
    playback.start({ ...state, autoplay: true });
  });
}

// Notices.

const notice = anyElement('notice');
const replaying = anyElement('replaying');

function complain(message: string): void {
  setText(anyElement('notice-text'), message);
  notice.hidden = false;
}

anyElement('notice-close').addEventListener('click', () => {
  notice.hidden = true;
});

// Sessions as files.

function lookAt(name: string, events: readonly PlaybackEvent[]): void {
  video.pause();
  imported = recordOf(events);
  replaySpan = null;
  checkSpan();
  const { engine, strategy } = imported.timeline;
  setText(
    anyElement('replaying-text'),
    `${name}: ${events.length} facts, ${engine ?? 'unknown engine'} with ${strategy ?? 'unknown strategy'}. ` +
      'A session does not know the true limit of its network.',
  );
  notice.hidden = true;
  replaying.hidden = false;
  moment.choose(null);
  redraw();
}

function backToLive(): void {
  if (imported === null) return;
  imported = null;
  checkSpan();
  replaying.hidden = true;
  moment.choose(null);
  redraw();
}

anyElement('back-to-live').addEventListener('click', backToLive);

const fileName = ({ engine, strategy, presentation }: PageState): string => {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return `sluice-${engine}-${strategy}-${presentation}-${time}.ndjson`;
};

bindSessionFiles({
  exported: () => {
    const player = playback.running?.player;
    return player && player.events.length > 0 ? { name: fileName(state), text: player.exportSession() } : null;
  },
  imported: ({ name, events }) => lookAt(name, events),
  refused: complain,
});

// The time shown: the last minutes of a session under way, all of an imported one, or as chosen.

const spans = [...document.querySelectorAll<HTMLInputElement>('input[name="span"]')];

function checkSpan(): void {
  const value = String((imported ? replaySpan : span) ?? 'all');
  for (const choice of spans) choice.checked = choice.value === value;
}

for (const choice of spans) {
  choice.addEventListener('change', () => {
    const chosen = choice.value === 'all' ? null : Number(choice.value);
    if (imported) replaySpan = chosen;
    else span = chosen;
    views.plots.invalidate();
  });
}

bindTheme(state.theme, () => plots.recolour());
addEventListener('pagehide', () => void playback.destroy());
addEventListener('pageshow', (event) => {
  if (event.persisted) playback.start(state);
});

announceState();
playback.start(state);
