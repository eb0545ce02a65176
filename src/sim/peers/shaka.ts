import type { AbrContext, AbrDecision, AbrStrategy, DownloadProgress } from '../../abr/strategy.ts';
import type { EventOf, PlaybackEvent } from '../../media/playback-event.ts';
import { type SimulatedGlobals, simulatedGlobals } from './simulated-globals.ts';

interface Variant {
  readonly id: number;
  readonly bandwidth: number;
  readonly video: { readonly width: number; readonly height: number; readonly frameRate: number };
  readonly audio: null;
}

/** shaka's own `SimpleAbrManager`, as it is shipped. */
interface ShakaAbrManager {
  configure(config: unknown): void;
  init(onSwitch: (variant: Variant) => void, onDisable: () => void): void;
  setVariants(variants: readonly Variant[], isLowLatency: boolean): boolean;
  chooseVariant(): Variant | null;
  enable(): void;
  segmentDownloaded(deltaTimeMs: number, bytes: number, allowSwitch: boolean): void;
  getBandwidthEstimate(): number;
  playbackRateChanged(rate: number): void;
}

/** The parts of the package that are used. */
interface ShakaPackage {
  readonly abr: { readonly SimpleAbrManager: new () => ShakaAbrManager };
  readonly Player: { readonly version: string };
  readonly util: { readonly PlayerConfiguration: { createDefault(): { readonly abr: Record<string, unknown> } } };
}

/** shaka reports progress at least this far apart: ms, and bytes (`minBytesForProgressEvents`). */
const PROGRESS_MS = 100;
const PROGRESS_BYTES = 16_000;

/**
 * The ABR of shaka-player as it is shipped: its own `SimpleAbrManager` with its own bandwidth estimator and default
 * configuration (but `useNetworkInformation` off, there is no network to ask about), told of progress as its networking
 * engine tells it. Adapted is the player around it: the variants are the ladder, and the rule by which the streaming engine gives
 * a download up when a switch comes in the middle is written down here after `shouldAbortCurrentRequest_`.
 *
 * Its memory changes when asked, as shaka's does: a session of it replays only as a whole.
 *
 * @returns what makes one for each session
 * @throws Error if shaka-player is not installed
 */
export async function loadShaka(): Promise<{ readonly version: string; readonly create: () => AbrStrategy }> {
  const globals = simulatedGlobals();
  // Its file looks for a browser while it is loaded: there is none in Node. Nothing of it runs later on its own.
  const shaka = await loadWithin(globals);
  const { abr } = globals.within(() => shaka.util.PlayerConfiguration.createDefault());
  const config = { ...abr, useNetworkInformation: false };
  return { version: shaka.Player.version.replace(/^v/, ''), create: () => shakaStrategy(shaka, config) };
}

async function loadWithin(globals: SimulatedGlobals): Promise<ShakaPackage> {
  if (typeof document !== 'undefined')
    return ((await import('shaka-player')) as { default: unknown }).default as ShakaPackage;
  // CommonJS: loaded and run in one go, so that the page is there for just that long.
  const { createRequire } = await import('node:module');
  const require = createRequire(import.meta.url);
  return globals.within(() => require('shaka-player') as ShakaPackage);
}

function shakaStrategy(shaka: ShakaPackage, config: unknown): AbrStrategy {
  let session: ShakaSession | null = null;
  const sessionFor = (context: AbrContext): ShakaSession => {
    session ??= new ShakaSession(shaka, config, context);
    return session;
  };
  return {
    name: 'shaka',
    observe(event) {
      if (event.type === 'sessionStart') session = null;
      session?.observe(event);
    },
    decide: (context) => sessionFor(context).decide(),
    abandon: (context, progress) => sessionFor(context).abandon(context, progress),
  };
}

/** One session: shaka's manager, and what its player would have told it. */
class ShakaSession {
  readonly #globals: SimulatedGlobals;
  readonly #manager: ShakaAbrManager;
  /** Index of the variant that was asked for last. */
  #wanted: number;
  /** Of the download in flight: what the manager has been told, ms since the request and bytes. */
  #toldMs = 0;
  #toldBytes = 0;

  constructor(shaka: ShakaPackage, config: unknown, { ladder, now }: AbrContext) {
    this.#globals = simulatedGlobals(['Date', 'navigator', 'window']);
    this.#globals.setTime(now * 1000);
    const variants = ladder.map(({ bitrate, width = 0, height = 0, frameRate = 0 }, id) => ({
      id,
      bandwidth: bitrate,
      video: { width, height, frameRate },
      audio: null,
    }));
    this.#manager = this.#globals.within(() => new shaka.abr.SimpleAbrManager());
    this.#wanted = this.#globals.within(() => {
      this.#manager.configure(config);
      this.#manager.init(
        ({ id }) => {
          this.#wanted = id;
        },
        () => {},
      );
      this.#manager.setVariants(variants, false);
      const first = this.#manager.chooseVariant()?.id ?? 0;
      this.#wanted = first;
      this.#manager.enable();
      return first;
    });
  }

  decide(): AbrDecision {
    const estimate = this.#globals.within(() => this.#manager.getBandwidthEstimate());
    return { index: this.#wanted, reason: `shaka at ${Math.round(estimate / 1e4) / 100} Mbit/s estimated` };
  }

  observe(event: PlaybackEvent): void {
    this.#globals.setTime(event.at * 1000);
    if (event.type === 'rateChange') this.#globals.within(() => this.#manager.playbackRateChanged(event.rate));
    else if (event.type === 'request' && event.kind === 'segment') this.#ended(event);
  }

  /** What had not been told yet, in pieces as progress events would have brought it; the last may be small. */
  #ended(request: EventOf<'request'>): void {
    const firstMs = ((request.firstByte ?? request.at) - request.start) * 1000;
    const wholeMs = (request.at - request.start) * 1000;
    const rate = request.bytes / Math.max(wholeMs - firstMs, 0.001);
    while (this.#toldBytes < request.bytes) {
      const nextMs = Math.max(this.#toldMs + PROGRESS_MS, firstMs + (this.#toldBytes + PROGRESS_BYTES) / rate);
      if (nextMs >= wholeMs) break;
      this.#tell(nextMs, Math.min((nextMs - firstMs) * rate, request.bytes), request.start);
    }
    this.#tell(wholeMs, request.bytes, request.start);
    this.#toldMs = 0;
    this.#toldBytes = 0;
  }

  #tell(elapsedMs: number, bytes: number, start: number): void {
    this.#globals.setTime(start * 1000 + elapsedMs);
    this.#globals.within(() =>
      this.#manager.segmentDownloaded(elapsedMs - this.#toldMs, bytes - this.#toldBytes, true),
    );
    this.#toldMs = elapsedMs;
    this.#toldBytes = bytes;
  }

  abandon(context: AbrContext, progress: DownloadProgress): AbrDecision | null {
    const elapsedMs = progress.elapsed * 1000;
    if (elapsedMs - this.#toldMs < PROGRESS_MS || progress.bytes - this.#toldBytes < PROGRESS_BYTES) return null;
    this.#tell(elapsedMs, progress.bytes, context.now - progress.elapsed);
    if (this.#wanted === progress.index) return null;
    const { ladder, segment, bufferLevel } = context;
    const bytes = segment.sizes?.[this.#wanted] ?? ((ladder[this.#wanted]?.bitrate ?? 0) * segment.duration) / 8;
    const estimate = this.#globals.within(() => this.#manager.getBandwidthEstimate());
    const left = (progress.totalBytes ?? 0) - progress.bytes;
    if (!((bytes * 8) / estimate < bufferLevel || left > bytes)) return null;
    return { index: this.#wanted, reason: 'shaka: switched in the middle of a download' };
  }
}
