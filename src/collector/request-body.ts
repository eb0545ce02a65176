/** Why a body was not read: the HTTP status it deserves, and a sentence. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(message);
    this.status = status;
  }
}

/** How much of a body is read: bytes as they arrive, and bytes when unpacked. */
export interface BodyLimits {
  readonly wireBytes: number;
  readonly bytes: number;
}

/** All of a stream, unless it is longer than `limit` bytes: then the rest is never read and `refusal` is thrown. */
async function readAll(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  refusal: () => BodyRefused,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > limit) throw refusal();
      parts.push(value);
    }
  } catch (failure) {
    await reader.cancel(failure).catch(() => undefined);
    throw failure;
  }
  if (parts.length === 1 && parts[0]) return parts[0];
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });

/** Unpacks gzip, at most `limit` bytes: a small body that unpacks to a huge one is given up at the limit. */
async function gunzip(packed: Uint8Array, limit: number): Promise<Uint8Array> {
  const unpacker = new DecompressionStream('gzip') as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;
  try {
    return await readAll(
      streamOf(packed).pipeThrough(unpacker),
      limit,
      () => new BodyRefused(413, `the body unpacks to more than ${limit} bytes`),
    );
  } catch (failure) {
    if (failure instanceof BodyRefused) throw failure;
    throw new BodyRefused(400, 'content-encoding says gzip, but the body is not gzip or is cut off');
  }
}

/**
 * The text of a request's body, packed or not.
 *
 * @throws BodyRefused if it is too long (413), packed in another way (415), not what it says or not UTF-8 (400)
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<string> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new BodyRefused(415, `content-encoding must be gzip or absent, got ${encoding.slice(0, 40)}`);
  const tooLong = (): BodyRefused =>
    new BodyRefused(
      413,
      `the body must be at most ${encoding === 'gzip' ? limits.wireBytes : Math.min(limits.wireBytes, limits.bytes)} bytes`,
    );
  const wireLimit = encoding === 'gzip' ? limits.wireBytes : Math.min(limits.wireBytes, limits.bytes);
  if (Number(request.headers.get('content-length') ?? 0) > wireLimit) throw tooLong();
  if (request.body === null) return '';
  const wire = await readAll(request.body, wireLimit, tooLong);
  const bytes = encoding === 'gzip' ? await gunzip(wire, limits.bytes) : wire;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BodyRefused(400, 'the body must be UTF-8');
  }
}
