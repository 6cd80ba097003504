import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { launch, untilReady } from '../../stack/supervised.js';

it('a broker that was just starting took a question and never answered it: when one look hears nothing, then the next one counts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-until-ready-'));
  const server = await launch({
    name: 'server',
    program: process.execPath,
    args: ['-e', 'setInterval(() => undefined, 1000)'],
    log: join(folder, 'server.log'),
    folder,
  });
  try {
    let looks = 0;
    await untilReady(server, () => {
      looks += 1;
      return looks === 1 ? new Promise<boolean>(() => undefined) : Promise.resolve(true);
    });
    expect(looks).toBe(2);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
