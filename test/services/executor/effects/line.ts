import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** `requests-lost`: broken before the partner hears anything. `answers-lost`: broken once the partner has acted and answers. */
export type LineState = 'open' | 'requests-lost' | 'answers-lost';

/** The network between Faultline and a partner on loopback, which can break at either end of an exchange, or be away. */
export class Line {
  state: LineState = 'open';
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  /** @param baseUrl `http://127.0.0.1:PORT` of the partner */
  constructor(baseUrl: string) {
    this.#target = Number(new URL(baseUrl).port);
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, always on the same port. */
  async raise(): Promise<void> {
    const server = createServer({ noDelay: true }, (client) => {
      this.#join(client);
    });
    await new Promise<void>((resolve) => {
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** From now on connections are refused, and those that are open break. */
  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else
        this.#server.close(() => {
          resolve();
        });
    });
    for (const socket of this.#sockets) socket.destroy();
    this.#server = undefined;
    await closed;
  }

  #join(client: Socket): void {
    const partner = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    this.#pass(client, partner, () => this.state === 'requests-lost');
    this.#pass(partner, client, () => this.state === 'answers-lost');
  }

  #pass(from: Socket, to: Socket, isLost: () => boolean): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      if (isLost()) from.destroy();
      else to.write(bytes);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
