import type { PlaybackEvent } from 'sluice';
import type { NetworkTrace, PlaySettings, SessionRow, StrategySummary } from 'sluice/sim';

/** Where traces come from: made up in the worker, fetched from the fixture server, or text that the visitor dropped. */
export type TraceSource =
  | { readonly kind: 'synthetic'; readonly name: string; readonly network: string; readonly count: number }
  | { readonly kind: 'remote'; readonly name: string; readonly urls: readonly string[] }
  | { readonly kind: 'text'; readonly name: string; readonly text: string };

/** What is played; plain data. `movie` is the text of a movie file, null for the made-up one. */
export interface LabPlan {
  readonly sources: readonly TraceSource[];
  readonly strategies: readonly string[];
  readonly movie: { readonly name: string; readonly text: string } | null;
  readonly segmentDuration: number;
  readonly settings: PlaySettings;
}

/** A row, and where its trace is: the set, and the number within all traces of the plan. */
export interface LabRow extends SessionRow {
  readonly set: number;
  readonly at: number;
}

/** To the worker: play everything, one session with all its facts, or only say what a file is. */
export type LabRequest =
  | { readonly type: 'run'; readonly plan: LabPlan }
  | { readonly type: 'open'; readonly plan: LabPlan; readonly row: LabRow }
  | { readonly type: 'check'; readonly name: string; readonly text: string };

/** What a file of the visitor's is. */
export type FileKind = { readonly kind: 'movie' } | { readonly kind: 'traces'; readonly traces: number };

/** One session in full. `bitrates` is the ladder's, bits/s. */
export interface OpenedSession {
  readonly row: LabRow;
  readonly events: readonly PlaybackEvent[];
  readonly trace: NetworkTrace;
  readonly bitrates: readonly number[];
}

/** From the worker. `done` and `total` count traces. */
export type LabAnswer =
  | { readonly type: 'loaded'; readonly traces: number; readonly movie: string }
  | { readonly type: 'rows'; readonly rows: readonly LabRow[]; readonly done: number; readonly total: number }
  | { readonly type: 'summary'; readonly summaries: readonly StrategySummary[]; readonly final: boolean }
  | { readonly type: 'opened'; readonly session: OpenedSession }
  | { readonly type: 'reach'; readonly row: LabRow; readonly share: number }
  | { readonly type: 'checked'; readonly file: FileKind }
  | { readonly type: 'failed'; readonly message: string };
