import type { QoeScorer } from '../qoe/qoe-scorer.ts';
import type { ChangedSession, EventStore, Projection } from './event-store.ts';
import { foldSession, type SessionFold } from './session-projection.ts';

/** Facts folded of one session before others get their turn. */
const PAGE = 5000;

/** Facts in the sessions remembered, together: a hostile session is as long as a thousand others. */
const REMEMBERED_FACTS = 5_000_000;

/** What derives summaries and roll-ups from facts. */
export interface Projector {
  /**
   * Folds what is new in at most `limit` sessions, longest waiting first, and keeps what follows.
   *
   * @returns sessions worked on; fewer than `limit`: nothing is left to do
   */
  run(limit: number): Promise<number>;
}

/**
 * A projector that goes on folding where it stopped for sessions it remembers, and folds from the first fact where it
 * does not, or where facts came late and belong before the ones it has folded. Both give the same.
 *
 * @param remembered sessions whose folds are kept, those worked on last; default 2000
 */
export function createProjector(store: EventStore, scorer: QoeScorer, remembered = 2000): Projector {
  const folds = new Map<string, SessionFold>();

  let facts = 0;

  const forget = (sid: string): void => {
    facts -= folds.get(sid)?.count ?? 0;
    folds.delete(sid);
  };

  const remember = (sid: string, fold: SessionFold): void => {
    folds.set(sid, fold);
    facts += fold.count;
    for (const oldest of folds.keys()) {
      if ((folds.size <= remembered && facts <= REMEMBERED_FACTS) || oldest === sid) break;
      forget(oldest);
    }
  };

  const projection = async ({ sid, low, mark }: ChangedSession): Promise<Projection | null> => {
    const known = folds.get(sid);
    const goesOn = known !== undefined && low >= known.nextSeq ? known : null;
    const session = await store.session(sid, goesOn?.nextSeq ?? 0, PAGE);
    if (session === null) return null;
    const fold = goesOn ?? foldSession(session.firstReceived, scorer);
    forget(sid);
    for (const stored of session.facts) fold.advance(stored);
    remember(sid, fold);
    const resume = session.facts.length < PAGE ? null : fold.nextSeq;
    return { ...fold.project(session), mark, resume };
  };

  return {
    async run(limit) {
      const changed = await store.changed(limit);
      const projections: Projection[] = [];
      for (const session of changed) {
        const made = await projection(session);
        if (made) projections.push(made);
      }
      if (projections.length > 0) await store.project(projections);
      return changed.length;
    },
  };
}
