import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { expectPublishedForm } from '../cli/form-validator.js';
import { silentLog as silent } from '../services/silent-log.js';
import type { DemoResult } from '../../cli/composition/demo/result.js';
import { startDemo, type DemoOptions, type RunningDemo } from '../../cli/composition/demo/run-demo.js';
import { seededRandom } from '../../world/random.js';
import { makeDirtyRecord } from '../../world/record/dirty-record.js';

/** A real record's first days; where only Node is another one, a few are enough. */
const days = Number(process.env['FAULTLINE_DEMO_DAYS'] ?? 14);

const folder = mkdtempSync(join(tmpdir(), 'faultline-demo-test-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function start(options: Partial<DemoOptions>): Promise<RunningDemo> {
  return startDemo({
    record: 'data/lanl/system-18.csv',
    nodes: 1024,
    speed: Infinity,
    seed: '1',
    port: 0,
    narrate: () => undefined,
    log: silent,
    logOf: () => silent,
    environment: process.env,
    version: '0.0.0-test',
    signal: new AbortController().signal,
    ...options,
  });
}

async function play(options: Partial<DemoOptions>): Promise<DemoResult> {
  const demo = await start(options);
  try {
    return await demo.result;
  } finally {
    await demo.stop();
  }
}

describe('the demo', { timeout: 600_000 }, () => {
  it('handles every row of a real record, accounts for every report and leaves no node behind', async () => {
    const result = await play({ days });
    const { process, joined, cancelled, ignored, dirty } = result.rowsByFate;
    expect(process + joined + cancelled + ignored + dirty).toBe(result.rows);
    expect((process + joined) / (result.rows - dirty)).toBeGreaterThanOrEqual(0.95);
    expect(result.outcomes.Recovered / result.processes.ended).toBeGreaterThanOrEqual(0.9);
    expect(result.rowsByFate.unhandled).toBe(0);
    expect(result.processes.active).toBe(0);
    expectPublishedForm(result, 'DemoResult');
    expect(result.unaccountedReports).toBe(0);
    expect(result.cordonedLeft).toBe(0);
    expect(result.deadLetters).toBe(0);
  });

  it('comes to the same outcomes at another speed', async () => {
    const fast = await play({ days: Math.ceil(days / 4) });
    const slow = await play({ days: Math.ceil(days / 4), speed: 40_000 });
    expect(slow.outcomes).toEqual(fast.outcomes);
    expect(slow.rowsByFate).toEqual(fast.rowsByFate);
    expect(slow.faults).toEqual(fast.faults);
  });

  it('counts dirty rows by what is wrong with them and handles the good ones among them', async () => {
    const record = join(folder, 'dirty.csv');
    writeFileSync(record, makeDirtyRecord({ random: seededRandom('dirty'), nodes: 64, goodRows: 20 }));
    const result = await play({ record, nodes: 64 });
    const dirtyReasons = Object.entries(result.reasons).filter(([reason]) => reason.startsWith('dirty/'));
    expect(dirtyReasons.length).toBeGreaterThanOrEqual(5);
    for (const [, count] of dirtyReasons) expect(count).toBeGreaterThanOrEqual(20);
    expect(result.rowsByFate.dirty).toBe(dirtyReasons.reduce((sum, [, count]) => sum + count, 0));
    expect(result.unaccountedReports).toBe(0);
    expect(result.cordonedLeft).toBe(0);
  });

  it('goes on when the record is over: who waits for leave is answered, and a lease ends', async () => {
    const record = join(folder, 'short.csv');
    writeFileSync(record, makeDirtyRecord({ random: seededRandom('short'), nodes: 8, goodRows: 1 }));
    const demo = await start({ record, nodes: 8 });
    try {
      await demo.result;
      const items = async (path: string): Promise<readonly Record<string, unknown>[]> =>
        ((await (await fetch(`${demo.url}${path}`)).json()) as { items: Record<string, unknown>[] }).items;
      const [node] = await items('/v1/nodes');
      const change = {
        cluster: 'demo',
        node: node?.['node'],
        operation: 'release',
        reason: 'r',
        lease: '5s',
      };
      const ask = async (key: string): Promise<unknown> => {
        const answer = await fetch(`${demo.url}/v1/changes?wait=1s`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify(change),
          signal: AbortSignal.timeout(30_000),
        });
        return answer.json();
      };
      expect(await ask('first')).toMatchObject({ status: 'granted' });
      expect(await ask('second')).toMatchObject({ status: 'waiting' });
      await expect
        .poll(async () => (await items('/v1/changes')).at(-1)?.['status'], { timeout: 60_000 })
        .toBe('lost');
    } finally {
      await demo.stop();
    }
  });
});
