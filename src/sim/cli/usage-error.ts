/** A mistake of the user, or of a file: told in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What went wrong, in words. */
export function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // fetch says only that it failed; why is in its cause.
  const why = cause.cause instanceof Error && cause.message === 'fetch failed' ? cause.cause : null;
  if (why === null) return cause.message;
  return `${cause.message}: ${why.message || (why as NodeJS.ErrnoException).code}`;
}

/** Characters of a message that are shown; what came may have been a whole file. */
const LONGEST = 400;

/** A message as one line that a terminal cannot be upset by: what came may have been anything. */
export function oneLine(message: string): string {
  const plain = message.replace(/[\p{Cc}\p{Cf}\uFFFD]+/gu, ' ').trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
