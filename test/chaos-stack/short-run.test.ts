import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { resultTable, type ChaosResult } from '../../chaos/result.js';
import { runChaos } from '../../chaos/run-chaos.js';
import { Cleanups } from '../../stack/site.js';

const minutes = (count: number): number => count * 60_000;
const cleanups = new Cleanups();
const told: string[] = [];
let result: ChaosResult | undefined;

afterAll(async () => {
  await cleanups.run();
  process.stdout.write(`${result === undefined ? told.join('\n') : resultTable(result)}\n`);
}, minutes(3));

it(
  'given the real stack, when all of it is killed and cut while faults come in, then nothing is lost, doubled or stuck',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-chaos-'));
    cleanups.add(() => rm(folder, { recursive: true, force: true }));
    const tell = (line: string): void => void told.push(line);
    result = await runChaos(cleanups, { minutes: 1, seed: '1', nodes: 60, folder, tell });
    expect(result.problems).toEqual([]);
  },
  minutes(12),
);
