import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { Operation } from '../../../domain/command.js';
import { createChangeGuard } from '../../../services/guard/change-guard.js';
import { noMetrics } from '../../../services/guard/metrics/hold-by-metrics.js';
import type { Budget } from '../../../services/guard/policy.js';
import { claimCommand, issueCommands } from '../../contract/journal/claiming.js';
import { batch, commandOf, ending, nodeNamed, report, resultOf } from '../../contract/journal/decisions.js';
import { changeNamed } from '../../contract/journal/changes-suite.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { budgetWith } from './asked.js';

const namesOf = (size: number): readonly string[] => Array.from({ length: size }, (_, index) => `n${index}`);
const names = namesOf(10);
const eightStay = { minimumHealthy: { share: 0.8 } };

function memberOf(name: string, unavailable = false): FleetMember {
  return {
    ...{ node: nodeNamed(name), pool: 'gpu', zone: 'z', labels: {} },
    ...{ unavailable, controlPlane: false },
  };
}

/** Ten nodes, a guard with these budgets, and whoever asks it for one of them. */
function fleetWith(...budgets: readonly Budget[]) {
  return fleetOf(names, budgets);
}

async function fleetOf(nodes: readonly string[], first: readonly Budget[]) {
  const clock = new TestClock();
  const copy: OpenJournal = createMemoryJournal(defaultOptions(clock));
  await copy.upkeep.resume();
  await copy.inventory.replace(
    'a',
    nodes.map((name) => memberOf(name)),
    clock.now(),
  );
  let budgets = first;
  const policy = () => ({
    ...{ inventoryMaximumAgeMs: 900_000, askAgainMs: 15_000, business: noMetrics },
    budgets,
  });
  // A picture of a large cluster takes long, and serves for a while.
  const inventory: Pick<OpenJournal['inventory'], 'picture' | 'member'> = {
    member: (node) => copy.inventory.member(node),
    picture: async (cluster) => {
      const picture = await copy.inventory.picture(cluster);
      clock.set(clock.now() + 60);
      return picture;
    },
  };
  const guard = createChangeGuard({
    inventory: { ...copy.inventory, ...inventory },
    ...{ book: copy.guardBook, policy, clock },
  });
  const out: string[] = [];
  return {
    ...{ copy, clock, out },
    use: (...others: readonly Budget[]): void => {
      budgets = others;
    },
    /** A change that another asks leave for. */
    ask: async (name: string, owner: string, operation: Operation = 'isolate'): Promise<void> => {
      const change = changeNamed(name, { owner, operation });
      await copy.changeBook.keep(change, 0);
      const answer = await guard.askFor({ node: change.node, owner, operation }, clock.now());
      if (answer.kind !== 'ask') throw new Error(answer.reason);
      if ((await copy.changeBook.grant(change.id, { ...answer, now: clock.now() })).kind === 'granted')
        out.push(name);
    },
    /** A fault of ours, whose isolation is done at once if there is leave. */
    isolate: async (name: string, faultType = 'DiskFailure'): Promise<string> => {
      const command = { ...commandOf(nodeNamed(name), 1, 'isolateNode'), faultType };
      await issueCommands(copy, [command]);
      const answer = await guard.ask(command, clock.now());
      if (answer.kind !== 'ask') throw new Error(answer.reason);
      const claim = await claimCommand(copy, command.id, { now: clock.now(), budgets: answer.budgets });
      if (claim.kind !== 'claimed') return claim.kind === 'refused' ? claim.why : claim.kind;
      out.push(name);
      await copy.commands.settle(resultOf(command), clock.now());
      await copy.inventory.change('a', { changed: [memberOf(name, true)], gone: [] }, clock.now());
      return claim.kind;
    },
  };
}

const sizes = [1, 2, 3, 10, 1_000];

describe(`given clusters of ${sizes.join(', ')} nodes, of which each is to be isolated`, () => {
  it.each<readonly [what: string, limits: Partial<Budget>, out: readonly number[]]>([
    ['5 % at once', { atOnce: { share: 0.05 } }, [1, 1, 1, 1, 50]],
    [
      '5 % at once and half healthy',
      { atOnce: { share: 0.05 }, minimumHealthy: { share: 0.5 } },
      [0, 1, 1, 1, 50],
    ],
    [
      'a fifth at once and 80 % healthy',
      { atOnce: { share: 0.2 }, minimumHealthy: { share: 0.8 } },
      [0, 0, 0, 2, 200],
    ],
    [
      '30 % at once and two healthy',
      { atOnce: { share: 0.3 }, minimumHealthy: { count: 2 } },
      [0, 0, 1, 3, 300],
    ],
  ])(
    'with %s, then so many are out: at least one, unless that goes below the minimum',
    async (_what, limits, out) => {
      const taken: number[] = [];
      for (const size of sizes) {
        const nodes = namesOf(size);
        const fleet = await fleetOf(nodes, [budgetWith(limits)]);
        let refused = 0;
        for (const name of nodes) if (refused < 3 && (await fleet.isolate(name)) !== 'claimed') refused += 1;
        taken.push(fleet.out.length);
      }
      expect(taken).toEqual(out);
    },
  );
});

describe('given 80 % that have to stay healthy', () => {
  it.each<Budget['scope']>([{ kind: 'owner' }, { kind: 'faultType' }, { kind: 'node' }])(
    'in a scope of %j, when each asks for another one, then a minimum of the nodes stays (20 of 20 were taken out by five owners)',
    async (scope) => {
      const fleet = await fleetWith(budgetWith({ scope, ...eightStay }));
      for (const [index, name] of names.entries()) await fleet.isolate(name, `Fault${index % 4}`);
      expect(fleet.out).toEqual(['n0', 'n1']);
    },
  );

  it('and five owners, when each asks for two nodes, then a minimum of the nodes stays', async () => {
    const fleet = await fleetWith(budgetWith({ scope: { kind: 'owner' }, ...eightStay }));
    for (const [index, name] of names.entries()) await fleet.ask(name, `owner${index % 5}`);
    expect(fleet.out).toEqual(['n0', 'n1']);
  });

  it('when the budget gets another name while nodes are out, then these still count', async () => {
    const fleet = await fleetWith(budgetWith({ name: 'old', ...eightStay }));
    await fleet.isolate('n0');
    fleet.use(budgetWith({ name: 'new', ...eightStay }));
    for (const name of names.slice(1)) await fleet.isolate(name);
    expect(fleet.out).toEqual(['n0', 'n1']);
  });

  it('when the budget is added while more are out already, then no other is taken out', async () => {
    const fleet = await fleetWith(budgetWith({ atOnce: { count: 4 } }));
    for (const name of names.slice(0, 4)) await fleet.isolate(name);
    fleet.use(budgetWith({ name: 'new', ...eightStay }));
    for (const name of names.slice(4)) await fleet.isolate(name);
    expect(fleet.out).toEqual(['n0', 'n1', 'n2', 'n3']);
  });

  it('by a budget for isolating and one for deleting, then each counts what the other has taken out', async () => {
    const fleet = await fleetWith(
      budgetWith({ name: 'isolating', ...eightStay }),
      budgetWith({ name: 'deleting', operations: ['delete-node'], ...eightStay }),
    );
    await fleet.ask('n0', 'upgrade', 'delete-node');
    await fleet.isolate('n1');
    await fleet.isolate('n2');
    await fleet.ask('n3', 'upgrade', 'delete-node');
    expect(fleet.out).toEqual(['n0', 'n1']);
  });

  it('when a node is handed over to a person and stays out, then nobody gets its place (the picture of the moment before still counted it by its permit)', async () => {
    const fleet = await fleetWith(budgetWith(eightStay));
    await fleet.isolate('n0');
    await fleet.isolate('n1');
    fleet.clock.set(fleet.clock.now() + 2_000);
    expect(await fleet.isolate('n2')).toBe('full');
    await fleet.copy.journal.advance(batch([report(nodeNamed('n0'))], { decide: ending }));
    expect(await fleet.copy.commands.releaseEnded()).toBe(1);
    fleet.clock.set(fleet.clock.now() + 5);
    expect(await fleet.isolate('n3')).toBe('full');
  });
});
