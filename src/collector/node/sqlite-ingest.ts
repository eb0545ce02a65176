import type { Appended, Batch } from '../event-store.ts';
import type { Sqlite } from './sqlite-driver.ts';

/** Session ids remembered with the row they have. */
const REMEMBERED = 50_000;

/** The writing of facts, within a transaction that somebody else opens and closes. */
export interface SqliteIngest {
  append(batch: Batch): Appended;
  /** After a transaction that was rolled back, or rows that were removed. */
  forget(): void;
}

/** Prepares the writing of facts. */
export function sqliteIngest(db: Sqlite): SqliteIngest {
  const ids = new Map<string, number>();
  const findSession = db.prepare('SELECT id FROM sessions WHERE sid = ?');
  const addSession = db.prepare('INSERT INTO sessions (sid, first_received, last_received) VALUES (?, ?, ?)');
  const touch = db.prepare('UPDATE sessions SET last_received = max(last_received, ?) WHERE id = ?');
  const addEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const addLoss = db.prepare('INSERT INTO losses VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const addChange = db.prepare('INSERT INTO changes (session, low) VALUES (?, ?)');
  const count = db.prepare('UPDATE totals SET facts = facts + ?, sessions = sessions + ?');

  const lookUp = (sid: string): number | null => {
    const id = ids.get(sid) ?? findSession.all(sid)[0]?.id;
    return typeof id === 'number' ? id : null;
  };

  const remember = (sid: string, id: number): number => {
    if (ids.size >= REMEMBERED) ids.clear();
    ids.set(sid, id);
    return id;
  };

  return {
    append({ receivedAt, facts, losses }) {
      const lows = new Map<number, number>();
      let opened = 0;
      let stored = 0;
      const sessionOf = (sid: string): number => {
        const known = lookUp(sid);
        if (known !== null) return remember(sid, known);
        addSession.run(sid, receivedAt, receivedAt);
        opened += 1;
        return remember(sid, lookUp(sid) ?? 0);
      };
      const noteChange = (session: number, low: number): void => {
        lows.set(session, Math.min(lows.get(session) ?? low, low));
      };
      for (const { sid, seq, fact, rate, tags } of facts) {
        const session = sessionOf(sid);
        const about = rate === undefined && tags === undefined ? null : JSON.stringify({ rate, tags });
        if (addEvent.run(session, seq, receivedAt, JSON.stringify(fact), about) === 0) continue;
        stored += 1;
        noteChange(session, seq);
      }
      for (const { sid, lost, reason } of losses) {
        const session = sessionOf(sid);
        for (const [first, last] of lost) {
          if (addLoss.run(session, first, last, reason, receivedAt) > 0) noteChange(session, Number.MAX_SAFE_INTEGER);
        }
      }
      for (const [session, low] of lows) {
        touch.run(receivedAt, session);
        addChange.run(session, low);
      }
      if (stored > 0 || opened > 0) count.run(stored, opened);
      return { stored, duplicates: facts.length - stored };
    },
    forget: () => ids.clear(),
  };
}
