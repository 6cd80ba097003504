import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { batch, nodeNamed, report } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

/** What who tells everybody of the present states of nodes can count on, on every journal. */
export function nodeStatesSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  describe('telling of the present states of nodes', () => {
    it('finds those of the nodes that it is asked for and that something was decided about', async () => {
      const [n1, n2, n3] = [nodeNamed('n1'), nodeNamed('n2'), nodeNamed('n3')];
      await copy.journal.advance(batch([report(n1, 'a'), report(n2, 'b')]));
      const found = await copy.history.statesOf([n3, n2]);
      expect(found).toEqual([await copy.history.state(n2)]);
      expect(found[0]?.bootId).toBe('b');
    });

    it('is the duty of one copy at a time; when that is gone another may have it', async () => {
      const other = await installation.open();
      expect(await copy.nodeStates.acquire()).toBe(true);
      expect([copy.nodeStates.holds(), other.nodeStates.holds()]).toEqual([true, false]);
      expect([await copy.nodeStates.acquire(), await other.nodeStates.acquire()]).toEqual([false, false]);
      await copy.close();
      await expect.poll(() => other.nodeStates.acquire()).toBe(true);
      await other.nodeStates.release();
      expect(other.nodeStates.holds()).toBe(false);
    });
  });
}
