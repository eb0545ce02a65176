import { connect, type Socket } from 'node:net';

/** A message as a subscriber gets it. `status` is that of JetStream where the message is only one, null otherwise. */
export interface NatsMessage {
  readonly subject: string;
  readonly reply: string | null;
  readonly status: number | null;
  readonly body: Buffer;
}

/** A connection to a NATS server. When it breaks, what waits is rejected and the next call connects again. */
export interface Nats {
  /** Bytes that the body of a message may have, as the server says. */
  mostBytes(): Promise<number>;
  publish(subject: string, body: Uint8Array | string): Promise<void>;
  /** Asks and waits for the first answer. @throws Error without one within `timeout` ms, or if nobody listens there */
  request(subject: string, body: Uint8Array | string, timeout?: number): Promise<NatsMessage>;
  /** Asks and hands every answer to `take` until it says true, or `timeout` ms are over. */
  requestMany(
    subject: string,
    body: Uint8Array | string,
    take: (message: NatsMessage) => boolean,
    timeout: number,
  ): Promise<void>;
  close(): Promise<void>;
}

interface Link {
  readonly socket: Socket;
  readonly subscribers: Map<number, (message: NatsMessage) => void>;
  readonly failed: Promise<never>;
  readonly mostBytes: number;
}

/** What a server allows if it does not say: the default of NATS. */
const MOST_BYTES = 1024 * 1024;

const NEWLINE = Buffer.from('\r\n');

/** Cuts a stream of bytes into control lines and payloads, as the protocol of NATS has them. */
function createReader(
  onLine: (words: readonly string[]) => void,
  onMessage: (message: NatsMessage, sid: number) => void,
) {
  let rest: Buffer = Buffer.alloc(0);
  let head: { subject: string; sid: number; reply: string | null; headers: number; size: number } | null = null;

  const readHead = (): boolean => {
    const end = rest.indexOf(NEWLINE);
    if (end < 0) return false;
    const words = rest.subarray(0, end).toString().split(/\s+/);
    rest = rest.subarray(end + 2);
    const [kind = ''] = words;
    if (kind !== 'MSG' && kind !== 'HMSG') {
      onLine(words);
      return true;
    }
    const numbers = kind === 'MSG' ? 1 : 2;
    const reply = words.length === 3 + numbers ? null : (words[3] ?? null);
    const sizes = words.slice(-numbers).map(Number);
    const size = sizes.at(-1) ?? 0;
    head = {
      subject: words[1] ?? '',
      sid: Number(words[2]),
      reply,
      headers: kind === 'HMSG' ? (sizes[0] ?? 0) : 0,
      size,
    };
    return true;
  };

  const readBody = (): boolean => {
    if (head === null || rest.length < head.size + 2) return false;
    const { subject, sid, reply, headers, size } = head;
    const status = /^NATS\/1\.0 (\d{3})/.exec(rest.subarray(0, headers).toString())?.[1];
    const body = Buffer.from(rest.subarray(headers, size));
    rest = rest.subarray(size + 2);
    head = null;
    onMessage({ subject, reply, status: status === undefined ? null : Number(status), body }, sid);
    return true;
  };

  return (chunk: Buffer): void => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (head === null ? readHead() : readBody());
  };
}

function open(url: URL): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port || 4222), url.hostname);
    const subscribers: Link['subscribers'] = new Map();
    let broken: (failure: Error) => void = reject;
    const failed = new Promise<never>((_, fail) => {
      broken = (failure) => {
        fail(failure);
        reject(failure);
        socket.destroy();
      };
    });
    failed.catch(() => undefined);
    const user =
      url.username === '' ? {} : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
    const hello = {
      verbose: false,
      pedantic: false,
      headers: true,
      no_responders: true,
      lang: 'node',
      version: '1',
      ...user,
    };
    let mostBytes = MOST_BYTES;
    const read = createReader(
      ([kind = '', ...words]) => {
        if (kind === 'INFO') mostBytes = Number(/"max_payload":\s*(\d+)/.exec(words.join(' '))?.[1] ?? MOST_BYTES);
        if (kind === 'INFO') socket.write(`CONNECT ${JSON.stringify(hello)}\r\nPING\r\n`);
        if (kind === 'PING') socket.write('PONG\r\n');
        if (kind === 'PONG') resolve({ socket, subscribers, failed, mostBytes });
        if (kind === '-ERR') broken(new Error(`NATS: ${words.join(' ')}`));
      },
      (message, sid) => subscribers.get(sid)?.(message),
    );
    socket.on('data', read);
    socket.once('error', (failure) => broken(failure));
    socket.once('close', () => broken(new Error('the connection to NATS is closed')));
  });
}

/**
 * Connects to a NATS server: the few words of its protocol that JetStream needs. Without TLS: put it where the network is
 * one's own.
 *
 * @param address `nats://127.0.0.1:4222`, user and password in it if there are any
 */
export function natsClient(address: string): Nats {
  const url = new URL(address);
  let link: Promise<Link> | null = null;
  let sids = 0;
  const inboxes = `_INBOX.${crypto.randomUUID().replaceAll('-', '')}`;

  const linked = (): Promise<Link> => {
    if (link !== null) return link;
    const opened = open(url);
    link = opened;
    const forget = (): void => {
      if (link === opened) link = null;
    };
    void opened.then(({ failed }) => failed.catch(forget), forget);
    return opened;
  };

  const write = ({ socket, mostBytes }: Link, subject: string, reply: string, body: Uint8Array | string): void => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    // The server would hang up, on everything that is under way.
    if (bytes.byteLength > mostBytes)
      throw new RangeError(`a message must be at most ${mostBytes} bytes, got ${bytes.byteLength}`);
    socket.write(Buffer.concat([Buffer.from(`PUB ${subject}${reply} ${bytes.byteLength}\r\n`), bytes, NEWLINE]));
  };

  const requestMany: Nats['requestMany'] = async (subject, body, take, timeout) => {
    const open = await linked();
    const { socket, subscribers, failed } = open;
    sids += 1;
    const sid = sids;
    const inbox = `${inboxes}.${sid}`;
    let timer: NodeJS.Timeout | undefined;
    try {
      const answered = new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer from ${subject} within ${timeout} ms`)), timeout);
        subscribers.set(sid, (message) => take(message) && resolve());
        socket.write(`SUB ${inbox} ${sid}\r\n`);
        write(open, subject, ` ${inbox}`, body);
      });
      await Promise.race([answered, failed]);
    } finally {
      clearTimeout(timer);
      subscribers.delete(sid);
      if (!socket.destroyed) socket.write(`UNSUB ${sid}\r\n`);
    }
  };

  return {
    mostBytes: async () => (await linked()).mostBytes,
    requestMany,
    async publish(subject, body) {
      write(await linked(), subject, '', body);
    },
    async request(subject, body, timeout = 5000) {
      let answer: NatsMessage | null = null;
      const take = (message: NatsMessage): boolean => {
        answer = message;
        return true;
      };
      await requestMany(subject, body, take, timeout);
      const got = answer as NatsMessage | null;
      if (got === null || got.status === 503) throw new Error(`nobody listens to ${subject}`);
      return got;
    },
    async close() {
      const last = link;
      link = null;
      (await last?.catch(() => null))?.socket.end();
    },
  };
}
