/** A mistake of the user, or of a file: told in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What went wrong, in words. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
