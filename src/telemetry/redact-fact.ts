import type { PlaybackEvent } from '../media/playback-event.ts';
import { redactUrl } from '../media/redact-url.ts';

/** Characters of a message that leave the page: enough to tell one error from another. */
const MAX_MESSAGE = 256;

/** Messages come from engines and browsers, which like to quote the URL. */
const redactMessage = (message: string): string =>
  message.replace(/\b(?:https?:\/\/|blob:|data:)[^\s"'<>)]+/gi, redactUrl).slice(0, MAX_MESSAGE);

/**
 * A fact fit to leave the page: no value of a query, no fragment, no credentials in a URL, messages short. Facts are redacted when they
 * are written already; this holds for those that an app tells, too.
 */
export function redactFact(fact: PlaybackEvent): PlaybackEvent {
  switch (fact.type) {
    case 'sessionStart':
      return { ...fact, src: redactUrl(fact.src) };
    case 'request':
      return { ...fact, url: redactUrl(fact.url) };
    case 'error':
      return {
        ...fact,
        message: redactMessage(fact.message),
        url: fact.url === null ? null : redactUrl(fact.url),
      };
    default:
      return fact;
  }
}
