import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to PostgreSQL on which the connection can be cut behind the n-th statement. */
export interface CutProxy {
  /** The given connection string by way of the proxy. */
  readonly connectionString: string;
  /** From now on: the server gets and executes this many statements on one connection, and then it is cut. */
  cutAfter(statements: number): void;
  /** Cuts no more. @returns whether something was cut since it was asked for */
  heal(): boolean;
  close(): Promise<void>;
}

/** Messages with a type and a length; the first of a client has no type. */
class Messages {
  #rest: Buffer = Buffer.alloc(0);
  #typed: boolean;

  constructor(isClient: boolean) {
    this.#typed = !isClient;
  }

  *take(chunk: Buffer): Generator<{ readonly type: string; readonly bytes: Buffer }> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const header = this.#typed ? 1 : 0;
      if (this.#rest.length < header + 4) return;
      const length = header + this.#rest.readInt32BE(header);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield { type: this.#typed ? String.fromCharCode(bytes[0] ?? 0) : 'start', bytes };
      this.#typed = true;
    }
  }
}

export async function startCutProxy(target: string): Promise<CutProxy> {
  const url = new URL(target);
  const address = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  let left: number | undefined;
  let wasCut = false;

  // Without delay: else each statement waits 40 ms for the acknowledgement of the one before.
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = createConnection({ ...address, noDelay: true });
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    const asked = new Messages(true);
    const answered = new Messages(false);
    // Statements that the server has and has not answered; undefined: nothing is counted on this connection.
    let allowed: number | undefined;
    let unanswered = 0;
    client.on('data', (chunk: Buffer) => {
      for (const { type, bytes } of asked.take(chunk)) {
        if (left !== undefined && type !== 'start' && type !== 'p') allowed ??= left;
        if (allowed === 0) continue;
        upstream.write(bytes);
        // Each statement ends with a Sync; a simple query is one by itself.
        if (type !== 'S' && type !== 'Q') continue;
        unanswered += 1;
        if (allowed !== undefined) allowed -= 1;
      }
    });
    upstream.on('data', (chunk: Buffer) => {
      for (const { type, bytes } of answered.take(chunk)) {
        if (type === 'Z' && unanswered > 0) unanswered -= 1;
        if (allowed === 0 && unanswered === 0 && type === 'Z') {
          wasCut = true;
          left = undefined;
          cut();
          return;
        }
        client.write(bytes);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    connectionString: url.href,
    cutAfter: (statements) => {
      left = statements;
      wasCut = false;
    },
    heal: () => {
      left = undefined;
      return wasCut;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
