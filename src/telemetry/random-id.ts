/** A name that nothing else has: 128 random bits. Pages without TLS have no `crypto.randomUUID`, but this. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
