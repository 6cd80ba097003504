import { describe, expect, it } from 'vitest';
import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import {
  WaitingEvents,
  type Look,
  type TellingEvent,
  type WaitingEvent,
} from '../../../services/detector/waiting-events.js';

function look(name: string, bootID: string, resourceVersion: string): Look {
  const node: KubernetesNode = {
    metadata: { name, uid: `uid-${name}`, resourceVersion },
    spec: {},
    status: { nodeInfo: { bootID, systemUUID: 's', osImage: 'o' } },
  };
  return { kind: 'changed', node, first: node };
}

/** Everything that waits, in order. */
function told(waiting: WaitingEvents): readonly WaitingEvent[] {
  const events: WaitingEvent[] = [];
  for (let event = waiting.first(); event !== undefined; event = waiting.first()) {
    events.push(event);
    waiting.told(event);
  }
  return events;
}

describe('given looks at nodes that wait for being told', () => {
  it('when a node is looked at again on the same boot, then only the latest look waits, in the old place', () => {
    const waiting = new WaitingEvents();
    const before = look('n1', 'b1', '1');
    const again = look('n1', 'b1', '3');
    for (const event of [before, look('n2', 'b1', '2'), again]) waiting.put(event);
    expect(told(waiting)).toEqual([{ ...again, first: before.node }, look('n2', 'b1', '2')]);
  });

  it('when it boots, is deleted or all are listed, then what was seen before and after is told', () => {
    const waiting = new WaitingEvents();
    const { node } = look('n1', 'b2', '3');
    const events: TellingEvent[] = [
      look('n1', 'b1', '1'),
      look('n1', 'b2', '2'),
      { kind: 'deleted', node },
      look('n1', 'b2', '4'),
      { kind: 'listed', nodes: [node] },
      look('n1', 'b2', '5'),
    ];
    for (const event of events) waiting.put(event);
    expect(told(waiting)).toEqual(events);
  });

  it('when a look comes while the one before is being told, then it is told too', () => {
    const waiting = new WaitingEvents();
    const before = look('n1', 'b1', '1');
    const after = look('n1', 'b1', '2');
    waiting.put(before);
    const first = waiting.first();
    waiting.put(after);
    if (first !== undefined) waiting.told(first);
    expect(told(waiting)).toEqual([{ ...after, first: before.node }]);
  });

  it('when it is closed, then nothing is left to tell', async () => {
    const waiting = new WaitingEvents();
    const waited = waiting.some();
    waiting.close();
    waiting.put(look('n1', 'b1', '1'));
    expect(await waited).toBe(false);
    expect(waiting.first()).toBeUndefined();
    expect(await waiting.some()).toBe(false);
  });
});
