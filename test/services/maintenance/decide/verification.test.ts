import { expect, it } from 'vitest';
import { DecidedNode } from './decided-node.js';

/** Switched on again, and seen well once. */
function seenWellOnce(): DecidedNode {
  const one = new DecidedNode();
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
