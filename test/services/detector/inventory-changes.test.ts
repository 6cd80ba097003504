import { describe, expect, it } from 'vitest';
import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { InventoryChanges } from '../../../services/detector/inventory-changes.js';

const node = (name: string): NodeKey => `a/${name}` as NodeKey;
const member = (name: string, unavailable = false): FleetMember => ({
  node: node(name),
  pool: 'p',
  zone: 'z',
  unavailable,
  controlPlane: false,
  labels: {},
});

type Written = { readonly changed: readonly FleetMember[]; readonly gone: readonly NodeKey[] } | 'everything';

/** Writes that end when they are told to, in the order in which they began. */
function slowInventory(): {
  readonly writes: Written[];
  readonly changes: InventoryChanges;
  readonly endWrite: () => void;
} {
  const writes: Written[] = [];
  const ends: (() => void)[] = [];
  const changes = new InventoryChanges({
    changes: (changed, gone) => {
      writes.push({ changed, gone });
      return new Promise((resolve) => ends.push(resolve));
    },
    everything: () => {
      writes.push('everything');
      return new Promise((resolve) => ends.push(resolve));
    },
    rest: () => Promise.resolve(),
  });
  return { writes, changes, endWrite: () => ends.shift()?.() };
}

describe('changes of the fleet', () => {
  it('given many while one is being written, then they go in one write, of each node the latest: the count lagged by one transaction a node', async () => {
    const { writes, changes, endWrite } = slowInventory();
    changes.note(node('n1'), member('n1'));
    for (const name of ['n2', 'n3', 'n4']) changes.note(node(name), member(name));
    changes.note(node('n2'), member('n2', true));
    changes.note(node('n3'), undefined);
    endWrite();
    await expect.poll(() => writes.length).toBe(2);
    endWrite();
    await changes.settled();
    expect(writes).toEqual([
      { changed: [member('n1')], gone: [] },
      { changed: [member('n2', true), member('n4')], gone: [node('n3')] },
    ]);
  });

  it('given a change right when the last write ends, then it is written too: it lay there until the next one came', async () => {
    for (let steps = 0; steps < 8; steps += 1) {
      const { writes, changes, endWrite } = slowInventory();
      changes.note(node('n1'), undefined);
      endWrite();
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      changes.note(node('n2'), undefined);
      await expect.poll(() => writes.length, { message: `after ${steps} steps` }).toBe(2);
      endWrite();
      await changes.settled();
    }
  });

  it('given none, then there is nothing to wait for; given one, then it is waited for', async () => {
    const { changes, endWrite } = slowInventory();
    await changes.settled();
    changes.note(node('n1'), undefined);
    let isSettled = false;
    const settled = changes.settled().then(() => (isSettled = true));
    await Promise.resolve();
    expect(isSettled).toBe(false);
    endWrite();
    await settled;
  });

  it('given changes one after the other, then those of a rest go together; who waits for them does not wait for the rest', async () => {
    const writes: (readonly FleetMember[])[] = [];
    const rests: (() => void)[] = [];
    const changes = new InventoryChanges({
      changes: (changed) => Promise.resolve(void writes.push(changed)),
      everything: () => Promise.resolve(),
      rest: () => new Promise((resolve) => rests.push(resolve)),
    });
    changes.note(node('n1'), member('n1'));
    await expect.poll(() => rests.length).toBe(1);
    for (const name of ['n2', 'n3']) changes.note(node(name), member(name));
    expect(writes).toEqual([[member('n1')]]);
    rests.shift()?.();
    await expect.poll(() => rests.length).toBe(1);
    changes.note(node('n4'), member('n4'));
    await changes.settled();
    expect(writes).toEqual([[member('n1')], [member('n2'), member('n3')], [member('n4')]]);
  });

  it('given everything is to be written while a change is, then it comes after that one and holds what was noted before it: a member of old overwrote a newer one', async () => {
    const { writes, changes, endWrite } = slowInventory();
    changes.note(node('n1'), member('n1'));
    changes.note(node('n2'), member('n2'));
    changes.noteEverything();
    changes.note(node('n3'), undefined);
    endWrite();
    await expect.poll(() => writes.length).toBe(2);
    changes.note(node('n1'), member('n1', true));
    endWrite();
    await expect.poll(() => writes.length).toBe(3);
    endWrite();
    await changes.settled();
    expect(writes).toEqual([
      { changed: [member('n1')], gone: [] },
      'everything',
      { changed: [member('n1', true)], gone: [] },
    ]);
  });
});
