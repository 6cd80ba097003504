import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';
import { expect, it } from 'vitest';
import { AdminConnection } from '../../../adapters/kafka/admin-connection.js';
import { LogUnavailable } from '../../../adapters/ports/event-log.js';

/** A cluster that answers at once, and counts who connects. @param neverSays of the first connection */
function cluster(neverSays?: 'connected' | 'goodbye'): {
  readonly connection: AdminConnection;
  readonly connected: () => number;
} {
  let connected = 0;
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:9'], logLevel: kafkajs.logLevel.NOTHING });
  const makeAdmin = kafka.admin.bind(kafka);
  kafka.admin = (config) => {
    const admin: Admin = makeAdmin(config);
    admin.connect = () => {
      connected += 1;
      return neverSays === 'connected' && connected === 1 ? new Promise(() => undefined) : Promise.resolve();
    };
    admin.disconnect = () => (neverSays === 'goodbye' ? new Promise(() => undefined) : Promise.resolve());
    return admin;
  };
  return { connection: new AdminConnection(kafka, 200), connected: () => connected };
}

const moved = Object.assign(new Error('not the leader'), { type: 'NOT_LEADER_FOR_PARTITION' });

it('a list of dead letters failed right after their topic was made: given a partition whose leader moves, then it is asked again over a new connection', async () => {
  const { connection, connected } = cluster();
  let asked = 0;
  const answer = await connection.ask(() => {
    asked += 1;
    return asked < 3 ? Promise.reject(moved) : Promise.resolve('offsets');
  });
  expect([answer, asked, connected()]).toEqual(['offsets', 3, 3]);
});

it('given a leader that is not found, then that is said in the end', async () => {
  const { connection } = cluster();
  let asked = 0;
  const question = (): Promise<never> => {
    asked += 1;
    return Promise.reject(moved);
  };
  await expect(connection.ask(question)).rejects.toThrow(LogUnavailable);
  expect(asked).toBe(6);
});

it('given any other trouble, then it is said at once', async () => {
  const { connection } = cluster();
  let asked = 0;
  const question = (): Promise<never> => {
    asked += 1;
    return Promise.reject(new Error('no'));
  };
  await expect(connection.ask(question)).rejects.toThrow('no');
  expect(asked).toBe(1);
});

it('a process was not ready any more, and never again: given a cluster that takes a connection and says nothing, then that is said after a while, and the next connection is made', async () => {
  const { connection, connected } = cluster('connected');
  const ask = (): Promise<string> => connection.ask(() => Promise.resolve('id'));
  await expect(ask()).rejects.toThrow('no answer within 200 ms');
  expect([await ask(), connected()]).toEqual(['id', 2]);
});

it('given an answer that is lost, then that is said after a while, nobody waits for the goodbye, and the next connection is made', async () => {
  const { connection, connected } = cluster('goodbye');
  await expect(connection.ask(() => new Promise(() => undefined))).rejects.toThrow(LogUnavailable);
  expect([await connection.ask(() => Promise.resolve('id')), connected()]).toEqual(['id', 2]);
  await connection.close();
});
