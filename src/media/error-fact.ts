import type { ErrorFact } from './playback-event.ts';
import type { PlayerError } from './player-error.ts';
import { redactUrl } from './redact-url.ts';

/** The fact that tells of an error, its URL redacted. */
export function errorFact({ category, code, message, fatal, url, status }: PlayerError): ErrorFact {
  return { type: 'error', category, code, message, fatal, url: url === null ? null : redactUrl(url), status };
}
