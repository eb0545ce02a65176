import type { Page } from '@playwright/test';
import type { PictureCode } from '../fixtures/picture-code.ts';
import type { EventOf, PlaybackEvent } from '../src/media/playback-event.ts';
import type { PlayerOptions } from '../src/player/player-options.ts';

/** Engines that every test here runs against. */
export const ENGINES = ['hls', 'shaka'] as const;
export type TestedEngine = (typeof ENGINES)[number];

/** Options that survive the way into the page; `strategy` is the name of one of `sluice/abr`'s factories. */
export type PlayOptions = Partial<Omit<PlayerOptions, 'media' | 'engine' | 'strategy'>> & {
  readonly strategy?: 'throughput' | 'percentile' | 'capacityAware';
  /** Stays paused after loading. */
  readonly paused?: boolean;
};

/** What `load()` came to: null, or the error it rejected with. */
export interface LoadFailure {
  readonly name: string;
  readonly code: string;
  readonly category: string;
  readonly fatal: boolean;
  readonly status: number | null;
  readonly hasCause: boolean;
}

/** s of real time that a wait may take on a slow machine. */
const PATIENCE = 60;

/** A player in the harness page, waited for by what it reports: never by time. */
export interface WatchedPlayer {
  /** Every fact so far, in order. */
  facts(): Promise<readonly PlaybackEvent[]>;
  /** Facts of one type. */
  ofType<T extends PlaybackEvent['type']>(type: T): Promise<readonly EventOf<T>[]>;
  /**
   * Resolves with the first fact, from those reported already or from later ones, that `matches` accepts; it runs in the page
   * and sees only `argument`. Fails with the last facts in the message.
   */
  until<T extends PlaybackEvent['type'], A = undefined>(
    type: T,
    matches?: (fact: EventOf<T>, argument: A) => boolean,
    argument?: A,
  ): Promise<EventOf<T>>;
  /** The same, for facts reported after session time `after`, s. */
  untilAfter<T extends PlaybackEvent['type'], A = undefined>(
    after: number,
    type: T,
    matches?: (fact: EventOf<T>, argument: A) => boolean,
    argument?: A,
  ): Promise<EventOf<T>>;
  /** Media time on screen at least this, s. */
  untilPosition(position: number): Promise<void>;
  /** Until the pixels show this. */
  untilPicture(matches: (picture: PictureCode, argument: number) => boolean, argument: number): Promise<PictureCode>;
  /** Session time of the last fact, s. */
  now(): Promise<number>;
}

/** Loads a source in a new player of the harness and asks for playback. Does not wait for a picture. */
export async function play(
  page: Page,
  engine: TestedEngine | 'native',
  src: string,
  options: PlayOptions = {},
): Promise<WatchedPlayer & { readonly failure: LoadFailure | null }> {
  const failure = await page.evaluate(
    async ({ src, engine, options }) => {
      const { sluice, abr, video } = window.harness;
      const { strategy, paused, ...rest } = options;
      const player = sluice.createPlayer({
        media: video,
        engine,
        capToPlayerSize: false,
        capOnDroppedFrames: false,
        ...rest,
        ...(strategy === undefined ? {} : { strategy: abr[strategy]() }),
      });
      window.harness.player = player;
      try {
        await player.load(src);
        if (!paused) await player.play();
        return null;
      } catch (error) {
        const { name, code, category, fatal, status, cause } = error as InstanceType<typeof sluice.PlayerError>;
        return { name, code, category, fatal, status, hasCause: cause !== undefined };
      }
    },
    { src, engine, options },
  );
  return { ...watch(page), failure };
}

function watch(page: Page): WatchedPlayer {
  const facts = (): Promise<readonly PlaybackEvent[]> => page.evaluate(() => window.harness.player?.events ?? []);

  const untilAfter = async <T extends PlaybackEvent['type'], A>(
    after: number,
    type: T,
    matches: (fact: EventOf<T>, argument: A) => boolean = () => true,
    argument?: A,
  ): Promise<EventOf<T>> => {
    const answer = await page.evaluate(
      ({ type, source, argument, after, patience }) => {
        const { player } = window.harness;
        if (!player) throw new Error('there is no player');
        const test = new Function(`return (${source})`)() as (fact: unknown, argument: unknown) => boolean;
        const fits = (fact: PlaybackEvent): boolean => fact.at > after && fact.type === type && test(fact, argument);
        return new Promise<{ fact: PlaybackEvent } | { recent: string }>((resolve) => {
          const finish = (answer: { fact: PlaybackEvent } | { recent: string }): void => {
            subscription.unsubscribe();
            clearTimeout(timer);
            resolve(answer);
          };
          const subscription = player.events$.subscribe((fact) => fits(fact) && finish({ fact }));
          const timer = setTimeout(
            () =>
              finish({
                recent: player.events
                  .slice(-40)
                  .map((fact) => JSON.stringify(fact))
                  .join('\n'),
              }),
            patience * 1000,
          );
          const known = player.events.find(fits);
          if (known) finish({ fact: known });
        });
      },
      { type, source: matches.toString(), argument, after, patience: PATIENCE },
    );
    if ('fact' in answer) return answer.fact as EventOf<T>;
    throw new Error(
      `no "${type}" fact matched ${matches} (${JSON.stringify(argument)}) in ${PATIENCE} s. Last facts:\n${answer.recent}`,
    );
  };

  return {
    facts,
    async ofType(type) {
      return (await facts()).filter((fact): fact is EventOf<typeof type> => fact.type === type);
    },
    until: (type, matches, argument) => untilAfter(-1, type, matches, argument),
    untilAfter,
    async untilPosition(position) {
      await page.waitForFunction((wanted) => window.harness.video.currentTime >= wanted, position, {
        timeout: PATIENCE * 1000,
      });
    },
    async untilPicture(matches, argument) {
      const seen = await page.waitForFunction(
        ({ source, argument }) => {
          const picture = window.harness.readPicture();
          const test = new Function(`return (${source})`)() as (picture: unknown, argument: number) => boolean;
          return picture !== null && test(picture, argument) ? picture : null;
        },
        { source: matches.toString(), argument },
        { timeout: PATIENCE * 1000, polling: 'raf' },
      );
      return (await seen.jsonValue()) as PictureCode;
    },
    async now() {
      return (await facts()).at(-1)?.at ?? 0;
    },
  };
}

/** Stalls of a session: `waiting` while the player was playing, as the timeline has it. */
export async function stallsOf(page: Page): Promise<number> {
  return page.evaluate(() => window.harness.player?.timeline.stalls.length ?? -1);
}
