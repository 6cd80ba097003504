import { expect, it } from 'vitest';
import type { BootId } from '../../../../domain/identifiers.js';
import { activePolicy, DecidedNode } from './decided-node.js';

/** Switched on again, and seen well once. */
function seenWellOnce(one = new DecidedNode()): DecidedNode {
  one.report('KernelDeadlock');
  one.isolate();
  one.reboot();
  one.fire('boot-check');
  const healthy = { observation: one.observation('b2') };
  one.answer('observeNode', 'done', healthy);
  one.answer('observeNode', 'done', healthy);
  expect(one.process).toMatchObject({ stage: 'verifying', context: { healthy: 1 } });
  one.fire('verify-check');
  return one;
}

it.each(['failed', 'unneeded'] as const)(
  'a look that %s says nothing of the node: it has to look well as often as before any look',
  (status) => {
    const one = seenWellOnce();
    one.answer('observeNode', status);
    expect(one.process).toMatchObject({ stage: 'verifying', context: { healthy: 0 } });
  },
);

it('a node that does not say which boot it is on is verified: no fault has outlived a boot that nobody knows', () => {
  const one = seenWellOnce();
  const { bootId: _unsaid, ...observation } = one.observation('b2');
  one.answer('observeNode', 'done', { observation });
  expect(one.process.stage).toBe('returning');
});

it('a fault that is left as it is, and has outlived the boot, does not keep the node from being given back', () => {
  const byFaultType = { MemoryFailure: 'observe' } as const;
  const one = new DecidedNode({ ...activePolicy, mode: { ...activePolicy.mode, byFaultType } });
  const told = (bootId: string) =>
    one.report('MemoryFailure', { bootId: bootId as BootId, source: 'memory-watch' });
  told('b1');
  one.answer('isolateNode', 'withheld');
  seenWellOnce(one);
  one.answer('observeNode', 'failed');
  told('b2');
  expect(one.state.faults.MemoryFailure).toMatchObject({ left: 'withheld', outlived: 'b2' });
  for (let look = 0; look < 2; look += 1) {
    one.fire('verify-check');
    one.answer('observeNode', 'done', { observation: one.observation('b2') });
  }
  expect(one.process.stage).toBe('returning');
});
