import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { DemoResult } from '../../cli/composition/demo/result.js';
import { buildFaultline } from '../../stack/faultline-process.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-demo-stack-test-'));
const root = join(import.meta.dirname, '../..');

beforeAll(() => buildFaultline());
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A day apart, a machine each, and every way in which the world hears of a fault. */
const failures = [
  ['Hardware', 'CPU', 90],
  ['Hardware', 'Memory Dimm', 45],
  ['Software', 'OS', 30],
  ['Hardware', 'Disk Drive', 600],
  ['Software', 'Resource Mgmt System', 20],
  ['Facilities', 'Power Outage', 240],
  ['Software', 'Parallel File System', 35],
  ['Hardware', 'SAN Controller', 120],
  ['Hardware', 'System Board', 300],
  ['Undetermined', 'Undetermined', 60],
] as const;

function writeRecord(): string {
  const rows = failures.map(([category, cause, minutes], index) => {
    const started = Date.UTC(2004, 2, 1 + index, 9);
    const moment = (at: number): string => new Date(at).toISOString().slice(0, 16);
    return [index + 1, moment(started), moment(started + minutes * 60_000), category, cause].join(',');
  });
  const path = join(folder, 'record.csv');
  writeFileSync(path, `${['node,started,fixed,category,cause', ...rows].join('\n')}\n`);
  return path;
}

/** As a user would, from a clone. */
async function demo(...args: readonly string[]): Promise<DemoResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['dist/cli/main.js', 'demo', '--exit', '-o', 'json', ...args],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as DemoResult;
}

describe('the demo on the real stack', { timeout: 1_200_000 }, () => {
  it('handles every row, accounts for every report and leaves no node behind', async () => {
    const result = await demo('--stack', '--record', writeRecord(), '--nodes', '16');
    const { process, joined, cancelled, ignored, dirty } = result.rowsByFate;
    expect(result.rows).toBe(failures.length);
    expect(process + joined + cancelled + ignored + dirty).toBe(result.rows);
    expect(process + joined).toBeGreaterThanOrEqual(0.9 * result.rows);
    expect(result.processes.active).toBe(0);
    expect(result.outcomes.Recovered).toBeGreaterThanOrEqual(0.9 * result.processes.ended);
    expect(result.unaccountedReports).toBe(0);
    expect(result.cordonedLeft).toBe(0);
    expect(result.deadLetters).toBe(0);
    // The API server's own witness: one isolation a process.
    expect(result.effects['isolate']).toBe(result.processes.started);
  });
});
