import type { Ladder } from '../media/rendition.ts';
import { hostOf } from '../session/network.ts';

/** Stands where a session does not say. */
export const UNKNOWN = '(unknown)';

/** Characters of a label: what sessions are grouped by. */
const MAX_LABEL = 64;

/**
 * Text of a session made fit to group by and to list: no control characters or half characters, at most `limit` UTF-16 units
 * (cut text ends with …). It stays hostile as HTML.
 */
export function toLabel(text: string, limit = MAX_LABEL): string {
  const plain = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .replace(/\p{Surrogate}/gu, '\ufffd');
  if (plain === '') return UNKNOWN;
  return plain.length <= limit ? plain : `${plain.slice(0, limit - 1).replace(/\p{Surrogate}$/u, '')}…`;
}

/** The host (and port) of a URL as a label; a URL without one is on the page's own host. */
export function hostLabel(url: string): string {
  const host = hostOf(url);
  return host === '' ? '(same host)' : toLabel(host);
}

/** What a rendition is grouped by: its height, or its bitrate if it has none. */
export function renditionLabel(ladder: Ladder, index: number | null): string {
  const rendition = index === null ? undefined : ladder[index];
  if (rendition === undefined) return '(none)';
  return rendition.height ? `${Math.round(rendition.height)}p` : `${Math.round(rendition.bitrate / 1000)} kbit/s`;
}
