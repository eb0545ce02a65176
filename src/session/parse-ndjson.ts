import type { PlaybackEvent } from '../media/playback-event.ts';
import { checkFact } from './fact-schema.ts';

function parseLine(line: string, number: number): PlaybackEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`line ${number} is not JSON: ${line.slice(0, 60)}`, { cause });
  }
  try {
    return checkFact(value);
  } catch (cause) {
    throw new TypeError(`line ${number}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads what `toNdjson` wrote, from whatever hands it went through: every fact is checked, so that what comes back
 * can be folded without harm. Empty lines and a byte order mark are skipped.
 *
 * @throws SyntaxError or TypeError naming the line, the field, what was expected and what came
 * @throws RangeError if time runs backwards from one line to the next
 */
export function parseNdjson(text: string): PlaybackEvent[] {
  const events: PlaybackEvent[] = [];
  let last = 0;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const event = parseLine(line, index + 1);
    if (event.at < last) {
      throw new RangeError(`line ${index + 1}: at must not be before the line above (${last} s), got ${event.at} s`);
    }
    last = event.at;
    events.push(event);
  }
  return events;
}
