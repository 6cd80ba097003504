import { connect, createServer, type Socket } from 'node:net';

/** Stands before one broker, and can lose what it answers. */
export interface ForgetfulProxy {
  /** Cuts the next connection on which the broker answers, before that is passed on. */
  loseNextAnswer(): void;
  /** Answers that were lost so far. */
  lost(): number;
  stop(): Promise<void>;
}

export async function startForgetfulProxy(port: number, brokerPort: number): Promise<ForgetfulProxy> {
  const open = new Set<Socket>();
  let toLose = 0;
  let lost = 0;
  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1');
    const end = (): void => {
      for (const socket of [client, broker]) {
        socket.destroy();
        open.delete(socket);
      }
    };
    for (const socket of [client, broker]) {
      open.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => broker.write(bytes));
    broker.on('data', (bytes) => {
      if (toLose === 0) {
        client.write(bytes);
        return;
      }
      toLose -= 1;
      lost += 1;
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    loseNextAnswer: () => void (toLose += 1),
    lost: () => lost,
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
