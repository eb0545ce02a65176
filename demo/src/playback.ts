import { createPlayer, type EngineName, type Player, PlayerError } from 'sluice';
import { sendSessions } from './beacons.ts';
import { STRATEGIES } from './catalogue.ts';
import type { FixtureServer, FixtureSession, NetworkPlan } from './fixture-network.ts';
import { createNetworkHistory, type NetworkHistory } from './network-history.ts';
import type { PageState } from './page-state.ts';
import { createSessionRecord, type SessionRecord } from './session-record.ts';

/** One session on screen: the player, its record, and the network it plays over. */
export interface Running {
  readonly player: Player;
  readonly record: SessionRecord;
  readonly network: NetworkHistory;
}

/** What the page wants to hear. */
export interface PlaybackEvents {
  /** Another session is on screen. */
  started(running: Running): void;
  /** Its record has grown. */
  changed(): void;
  /** Trouble that is in no record: nothing could be started, or the network could not be set. */
  failed(message: string): void;
}

/** Plays what is picked, one session at a time. */
export interface Playback {
  readonly running: Running | null;
  /** Ends the session under way and starts another; of several asked for in a row the last one counts. */
  start(state: PageState): void;
  /** Another network for the session under way, at once. */
  setNetwork(state: PageState): void;
  destroy(): Promise<void>;
}

const pageTime = (): number => performance.now() / 1000;

const inWords = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));

const isAbort = (failure: unknown): boolean =>
  (failure instanceof PlayerError && failure.code === 'ABORTED') ||
  (failure instanceof DOMException && failure.name === 'AbortError');

/** Plays on one element. */
export function createPlayback(video: HTMLVideoElement, server: FixtureServer, events: PlaybackEvents): Playback {
  let running: Running | null = null;
  let fixture: FixtureSession | null = null;
  let starting = new AbortController();
  let settling = new AbortController();
  let turn: Promise<void> = Promise.resolve();

  const stop = async (): Promise<void> => {
    const { player } = running ?? {};
    running = null;
    fixture = null;
    await player?.destroy();
  };

  /** Feeds a record with the facts of a player, and with what the network did between them. */
  const follow = (player: Player, network: NetworkHistory): SessionRecord => {
    const record = createSessionRecord();
    let begin = 0;
    let seen = 0;
    player.events$.subscribe((event) => {
      if (event.type === 'sessionStart') {
        begin = pageTime() - event.at;
        record.limit({ at: event.at, bandwidth: network.conditionsAt(pageTime())?.bandwidth ?? null });
      }
      for (const { at, bandwidth } of network.changes(begin + seen, begin + event.at)) {
        record.limit({ at: at - begin, bandwidth });
      }
      seen = event.at;
      record.push(event);
      events.changed();
    });
    return record;
  };

  const begin = async (state: PageState, signal: AbortSignal): Promise<void> => {
    await stop();
    signal.throwIfAborted();
    const plan = await server.plan(state, signal);
    const opened = await server.open(plan.request, signal);
    fixture = opened;
    const network = createNetworkHistory();
    network.set(pageTime(), plan.periods);
    const player = createPlayer({
      media: video,
      engine: state.engine as EngineName,
      strategy: STRATEGIES.find(({ name }) => name === state.strategy)?.create(),
      capToPlayerSize: state.cap,
      dataSaver: false,
    });
    running = { player, record: follow(player, network), network };
    sendSessions(player);
    events.started(running);
    // Not waited for: another start may overtake it.
    player.load(opened.url(state.presentation)).catch((failure: unknown) => report(player, failure));
    if (state.autoplay) player.play().catch(() => {});
  };

  /** What the record has no fact of is told here. */
  const report = (player: Player, failure: unknown): void => {
    if (isAbort(failure) || running?.player !== player) return;
    if (running.record.failure === null) events.failed(inWords(failure));
    events.changed();
  };

  return {
    get running() {
      return running;
    },
    start(state) {
      starting.abort();
      starting = new AbortController();
      const { signal } = starting;
      turn = turn.then(async () => {
        if (signal.aborted) return;
        try {
          await begin(state, signal);
        } catch (failure) {
          if (!signal.aborted && !isAbort(failure)) events.failed(inWords(failure));
        }
      });
    },
    setNetwork(state) {
      settling.abort();
      settling = new AbortController();
      const { signal } = settling;
      const apply = async (): Promise<void> => {
        const plan: NetworkPlan = await server.plan(state, signal);
        if (signal.aborted || fixture === null || running === null) return;
        running.network.set(pageTime(), plan.periods);
        await fixture.setNetwork(plan.request);
      };
      apply().catch((failure: unknown) => {
        if (!signal.aborted) events.failed(inWords(failure));
      });
    },
    async destroy() {
      starting.abort();
      await turn;
      await stop();
    },
  };
}
