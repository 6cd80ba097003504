import { expect, it, vi } from 'vitest';

import type { RunDemoOptions } from '../../cli/composition/demo.js';
import type { DemoResult } from '../../cli/composition/demo/result.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

const result: DemoResult = {
  apiVersion: 'faultline.dev/v1',
  kind: 'DemoResult',
  rows: 1,
  rowsByFate: { process: 1, joined: 0, cancelled: 0, ignored: 0, unhandled: 0, dirty: 0 },
  reasons: {},
  nodes: 1,
  reports: 3,
  faults: { opened: 1, cleared: 1 },
  processes: { started: 1, ended: 1, active: 0 },
  outcomes: { Recovered: 1, Cancelled: 0, HandedToHuman: 0, Retired: 0 },
  effects: {},
  timeToCordonMs: { p50: 1, p95: 1, p99: 1 },
  timeToRecoverMinutes: { p50: 1, p95: 1 },
  deadLetters: 0,
  unaccountedReports: 2,
  cordonedLeft: 0,
};

vi.mock('../../cli/composition/demo.js', () => ({
  runDemo: ({ onResult }: RunDemoOptions) => {
    onResult(result);
    return Promise.resolve(result);
  },
}));

it('given a demo in which reports have no fate, then its result is printed, and it ends with 1', async () => {
  const { code, out, err } = await runCommand(['demo', '--exit', '-o', 'json']);
  expect(code).toBe(1);
  expectPublishedForm(JSON.parse(out), 'DemoResult');
  expect(err).toMatch(/^error \(ChecksFailed\): 2 reports have no fate\nnext: /);
});
