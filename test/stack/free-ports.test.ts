import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, freePorts } from '../../stack/free-ports.js';

it('ports are free, different, and none that an outgoing connection could take before a server listens', async () => {
  const ports = [...(await freePorts(20)), await freePort()];
  expect(new Set(ports).size).toBe(21);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

it('given a port that is taken, then it is passed over', async () => {
  const before = await freePort();
  const holder = createServer();
  await new Promise<void>((listening) => holder.listen(before + 1, '127.0.0.1', listening));
  try {
    expect(await freePort()).toBe(before + 2);
  } finally {
    holder.close();
  }
});
