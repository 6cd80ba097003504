import { connect } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { discardRest } from '../../../services/intake/discard-rest.js';
import { startIntake, type RunningIntake } from '../../../services/intake/start-intake.js';
import { RecordingLog } from './recording-log.js';

let intake: RunningIntake;

beforeAll(async () => {
  intake = await startIntake({
    eventLog: new RecordingLog(),
    schemaIds: bundledSchemaIds(),
    clock: { now: () => 1_700_000_000_000 },
    randomness: { uuid: () => '00000000-0000-4000-8000-000000000000' },
    host: '127.0.0.1',
    port: 0,
    bodyLimitBytes: 1_000_000,
  });
});
afterAll(() => intake.close());

/** Sends its body piece by piece, and listens only when all of it is on its way. */
async function answerToSlowSender(bytes: number, contentType: string): Promise<string> {
  const { hostname, port } = new URL(intake.url);
  const socket = connect(Number(port), hostname);
  const trouble: Error[] = [];
  socket.on('error', (error) => trouble.push(error));
  const received: Buffer[] = [];
  socket.on('data', (data) => received.push(data));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    `POST /v1/reports HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: ${contentType}\r\ncontent-length: ${bytes}\r\nconnection: close\r\n\r\n`,
  );
  const piece = Buffer.alloc(bytes / 10, 0x20);
  for (let sent = 0; sent < bytes; sent += piece.length) {
    await pause(10);
    socket.write(piece, (error) => {
      if (error) trouble.push(error);
    });
  }
  await closed;
  expect(trouble).toEqual([]);
  return Buffer.concat(received).toString('utf8');
}

describe('given a client that is still sending when its request is refused', () => {
  it.each([
    ['too large', 2_000_000, 'application/json', 413],
    ['of a type that nobody reads', 500_000, 'application/xml', 415],
  ])('then it gets the answer, and no broken pipe: %s', async (_name, bytes, contentType, status) => {
    expect(await answerToSlowSender(bytes, contentType)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describe('given a client that never stops sending', () => {
  it('then it is listened to for so many bytes and no longer', async () => {
    let given = 0;
    const endless = new Readable({
      read() {
        given += 1_000;
        this.push(Buffer.alloc(1_000));
      },
    });
    await discardRest(endless, { bytes: 10_000, milliseconds: 60_000 });
    endless.destroy();
    expect(given).toBeGreaterThan(10_000);
  });

  it('then it is listened to for so long and no longer', async () => {
    await expect(
      discardRest(new PassThrough(), { bytes: 10_000, milliseconds: 20 }),
    ).resolves.toBeUndefined();
  });
});
