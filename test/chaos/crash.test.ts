import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { crashIn } from '../../chaos/crash.js';

const said =
  '{"level":30,"msg":"running"}\nfaultline listens on http://127.0.0.1:1\n{"level":40,"msg":"trouble"}\n';

it('given an error event that nobody heard, then its end is a crash, with where', () => {
  const { stderr } = spawnSync(process.execPath, [
    '-e',
    'new (require("node:events"))().emit("error", new Error("broken"))',
  ]);
  const crash = crashIn(said + stderr.toString());
  expect(crash).toContain('Error: broken');
  expect(crash).not.toContain('level');
});

it('given a process that said why it can not go on, then that is no crash', () => {
  expect(crashIn(`${said}error (DependencyUnavailable): journal\nnext: start PostgreSQL\n`)).toBeUndefined();
});
