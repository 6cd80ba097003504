import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { RecordedOperation } from '../../../adapters/ports/guard-history.js';
import { changeNamed } from './changes-suite.js';
import { claimCommand, issueCommands } from './claiming.js';
import { batch, budgetOf, commandOf, ending, nodeNamed, processOf, report, resultOf } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

/** What the guard's history tells of what it was asked, on every journal. */
export function guardHistorySuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, async (fresh) => {
    ({ installation, copy } = fresh);
    await copy.upkeep.resume();
  });
  const asked = async (since = 0): Promise<readonly RecordedOperation[]> => {
    const found: RecordedOperation[] = [];
    for await (const one of copy.guardHistory.operations({ since })) found.push(one);
    return found;
  };

  describe('what the guard was asked for', () => {
    it('is each operation that needs leave, with when it was asked for, began and was over', async () => {
      const node = nodeNamed('n1');
      const [isolate, look] = [commandOf(node, 1, 'isolateNode'), commandOf(node, 2)];
      await issueCommands(copy, [isolate, look]);
      const now = installation.clock.now();
      const open = { id: isolate.id, chain: processOf(node), askedAt: now, headStartMs: 0 };
      expect(await asked()).toMatchObject([
        { ...open, request: { operation: 'isolate', node, owner: 'faultline' } },
      ]);
      const rate = budgetOf('isolate/rate/a/1', 5, 'never');
      await claimCommand(copy, isolate.id, { now: now + 5, budgets: [rate] });
      await copy.commands.settle(resultOf(isolate), now + 7);
      installation.clock.set(now + 9);
      await copy.journal.advance(batch([report(node)], { decide: ending }));
      const [over] = await asked();
      expect(over).toMatchObject({ ...open, beganAt: now + 5 });
      expect(over?.chainEndedAt).toBeGreaterThanOrEqual(now);
      expect(await asked((over?.chainEndedAt ?? 0) + 1)).toEqual([]);
    });

    it('is also what others wanted to do, but not what they gave up before they had leave', async () => {
      const change = changeNamed('n1');
      await copy.changeBook.keep(change, 60);
      await copy.changeBook.keep(changeNamed('n2', { askedAt: 1_000_001 }), 0);
      await copy.changeBook.end(changeNamed('n2').id, { how: 'cancelled', by: 'deployer', at: 1_000_002 });
      const { version } = await copy.guardBook.present();
      const budgets = [budgetOf('isolate/in-flight/a', 1, 'returned')];
      await copy.changeBook.grant(change.id, { now: 1_000_003, budgets, guardVersion: version });
      await copy.changeBook.end(change.id, { how: 'succeeded', by: 'deployer', at: 1_000_004 });
      const { id, node, operation, owner, askedAt } = change;
      expect(await asked()).toEqual([
        {
          ...{ id, chain: id, request: { node, operation, owner }, askedAt, headStartMs: 60 },
          ...{ beganAt: 1_000_003, endedAt: 1_000_004, chainEndedAt: 1_000_004 },
        },
      ]);
    });
  });
}
