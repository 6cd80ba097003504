import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DoomedMember } from './harness.js';
import { eventually } from './reading.js';

/** Starts `member-process.ts`, to be killed without a chance to say goodbye. */
export function spawnDoomedMember(kind: string, address: string, group: string, topic: string): DoomedMember {
  const script = fileURLToPath(new URL('./member-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, kind, address, group, topic]);
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  return {
    holdsBatch: () =>
      eventually(
        'the doomed member holds a batch',
        () => {
          if (child.exitCode !== null) throw new Error(`the doomed member ended by itself: ${errors}`);
          return output.includes('holding');
        },
        60_000,
      ),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
