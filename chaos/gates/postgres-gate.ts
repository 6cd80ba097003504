import { connect, createServer, type Socket } from 'node:net';
import { completedBy, FrameCutter, StatementReader } from './postgres-frames.js';
import { TrapDoor } from './trap.js';
import { listenOnLoopback, portOf } from '../loopback-server.js';

/**
 * Stands between one process and PostgreSQL (without TLS): passes every message on, and springs traps. At `request` a
 * trap sees the text of a statement that is about to run; at `answer` what the server says it has done, as `COMMIT`.
 */
export class PostgresGate {
  readonly trapDoor = new TrapDoor<string>();
  readonly #upstreamPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer({ noDelay: true }, (client) => {
    this.#join(client);
  });

  private constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
  }

  /** On a free port of 127.0.0.1. */
  static async start(upstreamPort: number): Promise<PostgresGate> {
    const gate = new PostgresGate(upstreamPort);
    await listenOnLoopback(gate.#server);
    return gate;
  }

  get port(): number {
    return portOf(this.#server);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#upstreamPort, host: '127.0.0.1', noDelay: true });
    const ends = [client, server];
    const part = (): void => {
      for (const end of ends) end.destroy();
    };
    for (const end of ends) {
      this.#sockets.add(end);
      end.on('error', part);
      end.on('close', () => {
        this.#sockets.delete(end);
        part();
      });
    }
    const reader = new StatementReader();
    relay(client, server, new FrameCutter('client'), (frame) => {
      const statement = reader.read(frame);
      return statement !== undefined && this.trapDoor.springsAt('request', statement);
    });
    relay(server, client, new FrameCutter('server'), (frame) => {
      const done = completedBy(frame);
      return done !== undefined && this.trapDoor.springsAt('answer', done);
    });
  }
}

/** Passes whole messages on; what comes from the one on that `stops` is lost, and the connection with it. */
function relay(
  from: Socket,
  to: Socket,
  cutter: FrameCutter,
  stops: (frame: ReturnType<FrameCutter['cut']>[number]) => boolean,
): void {
  from.on('data', (chunk: Buffer) => {
    const passing: Buffer[] = [];
    for (const frame of cutter.cut(chunk)) {
      if (stops(frame)) {
        // What came before it has been sent, as it would have been without the gate.
        to.end(Buffer.concat(passing));
        from.destroy();
        return;
      }
      passing.push(frame.bytes);
    }
    if (passing.length > 0 && !to.write(Buffer.concat(passing))) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
}
