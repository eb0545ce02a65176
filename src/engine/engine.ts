import type { AbrChoice } from '../abr/abr-controller.ts';
import type { AbrInput, DownloadProgress } from '../abr/strategy.ts';
import type { Clock } from '../media/clock.ts';
import type { Report } from '../media/playback-event.ts';
import type { HttpHandler } from '../net/http.ts';

/**
 * What an engine gets: the element to drive, choices in (`decide`, `abandon`: read-only questions; the engine reports
 * `choice.fact` when it acts on one), facts out (`report`), bytes (`http`), time, and settings.
 */
export interface EngineDeps {
  readonly media: HTMLMediaElement;
  readonly decide: (input: AbrInput) => AbrChoice;
  readonly abandon: (input: AbrInput, progress: DownloadProgress) => AbrChoice | null;
  readonly report: Report;
  readonly http: HttpHandler;
  readonly clock: Clock;
  readonly settings: EngineSettings;
}

/** What the player asks of an engine. Times in s. */
export interface EngineSettings {
  /** Forward buffer at which fetching stops. */
  readonly bufferTarget: number;
  /** Media kept behind the playhead. */
  readonly backBuffer: number;
  /** Where to start; null is the beginning, or the live edge. */
  readonly startPosition: number | null;
  /** Preferred languages, BCP 47; null leaves it to the presentation. */
  readonly audioLanguage: string | null;
  readonly textLanguage: string | null;
  /** Merged over the engine's own configuration; for what Sluice has no word for. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A playback engine bound to one element and one session. It translates and decides nothing: facts through `report`,
 * choices through `decide`. After `destroy()` it reports nothing more.
 */
export interface Engine {
  /** Resolves when the presentation is known and media is being fetched; rejects with a fatal PlayerError. */
  load(src: string, signal: AbortSignal): Promise<void>;
  /**
   * Ask `decide` again now: a cap or the viewer's selection changed. `replaceBuffer` also throws out what is buffered
   * ahead at another rendition, so that the change is seen soon.
   */
  reconsider(options: { readonly replaceBuffer: boolean }): void;
  selectAudioTrack(id: string): void;
  /** null shows none. */
  selectTextTrack(id: string | null): void;
  /** Latency behind the live edge and the position nearest to it that plays safely; null for VOD. s. */
  live(): { readonly latency: number | null; readonly edge: number } | null;
  /** Forward buffer of the picture track, s. */
  bufferLevel(): number;
  destroy(): Promise<void>;
}

/** Makes an engine for one session. */
export type EngineFactory = (deps: EngineDeps) => Engine;

/** How to get an engine: whether it can play here, and its code, fetched only when asked for. */
export interface EngineLoader {
  readonly name: string;
  /** What this engine cannot do that others can, in words for a person; empty if nothing. */
  readonly limits: readonly string[];
  canPlay(src: string, mimeType: string | null): boolean;
  /** Rejects with ENGINE_UNAVAILABLE when the engine's package is missing. */
  load(): Promise<EngineFactory>;
}
