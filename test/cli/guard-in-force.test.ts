import { describe, expect, it } from 'vitest';

import type { FleetPicture } from '../../adapters/ports/journal.js';
import { GuardInForce } from '../../cli/composition/guard-in-force.js';
import { startGuardPolicy } from '../../cli/composition/start/guard-policy.js';
import { parseConfiguration } from '../../cli/configuration/load.js';
import { ConfigurationInvalid, ConfigurationUnreadable } from '../../cli/configuration/problems.js';
import { systemRandomness } from '../../adapters/clock/system-clock.js';
import { silentLog } from '../services/silent-log.js';

const head = 'clusters: [{name: a, kubeconfig: k}]\n';
const first = `${head}guard: {lookEvery: 1s}\n`;
const second = `${head}guard: {lookEvery: 2s}\n`;
const contradicting = `${second}guard: {lookEvery: 3s}\n`;
const emptyPool = `${head}guard:
  budgets: [{name: gpus, operations: [isolate], where: {pools: [gpu]}, atOnce: {share: 0.1}}]
`;

const noNumber = { line: 2, column: 9, key: 'guard.metrics[0].query', reason: 'it gives no number' };

function pictureOf(pool: string): FleetPicture {
  return {
    ...{ cluster: 'a', observedAt: 0 },
    groups: [{ pool, zone: 'z', labels: {}, size: 1 }],
  };
}

/** A process that was started with `text`, where the journal has these policies, the latest first. */
function startedWith(text: string, journal: readonly string[] = []) {
  const said: string[] = [];
  const metrics = { version: '', refused: false };
  const kept: string[] = [];
  const fleet = { picture: pictureOf('cpu') };
  const say =
    (level: string) =>
    (_: object, message: string): void =>
      void said.push(`${level} ${message}`);
  const guard = new GuardInForce({
    started: parseConfiguration(text, 'f.yaml'),
    inventory: { picture: () => Promise.resolve(fleet.picture) },
    refuseWrongQueries: ({ configuration }, mayWait) =>
      configuration.guard.policy.business.metrics.some(
        ({ query }) => query === 'sum(' || (mayWait && query === 'nan'),
      )
        ? Promise.reject(new ConfigurationInvalid('f.yaml', [noNumber]))
        : Promise.resolve(),
    policies: {
      list: () => {
        const rows = journal.map((one) => ({
          ...parseConfiguration(one, 'f.yaml').guard,
          at: 1,
          by: 'pod-0',
        }));
        return Promise.resolve({ rows: rows.map(({ text: policy, ...rest }) => ({ ...rest, policy })) });
      },
      record: ({ version, policy, by }) => {
        kept.push(`${version} ${policy.length > 2} ${by}`);
        return Promise.resolve(true);
      },
    },
    ...{ copy: 'pod-1', now: () => 5 },
    log: { ...silentLog, info: say('info'), warn: say('warn'), error: say('error') },
    metrics: {
      policyInForce: (version) => void (metrics.version = version),
      policyRefused: (isRefused) => void (metrics.refused = isRefused),
    },
  });
  return {
    ...{ guard, said, kept, metrics, fleet },
    begin: () => guard.begin(() => text),
    offer: (offered: string) => guard.offer(() => offered),
  };
}

describe('given a policy in force, when the file has another one', () => {
  it('then that one holds, and its version is told', async () => {
    const { guard, kept, metrics, offer } = startedWith(first);
    await offer(first);
    const before = metrics.version;
    await offer(first);
    expect(await offer(second)).toBe(true);
    expect(guard.section.lookEveryMs).toBe(2_000);
    expect(metrics.version).toBe(guard.section.version);
    expect(metrics.version).not.toBe(before);
    expect(kept).toEqual([`${before} true pod-1`, `${metrics.version} true pod-1`]);
  });

  it('that is refused, then the old one stays, and why is said once, until a good one is read', async () => {
    const { guard, said, metrics, offer } = startedWith(first);
    for (let look = 0; look < 3; look += 1) expect(await offer(contradicting)).toBe(false);
    expect(guard.section.lookEveryMs).toBe(1_000);
    expect(metrics.refused).toBe(true);
    expect(said).toEqual([expect.stringMatching(/^error .* stays in force: .*f\.yaml:3:1: /)]);
    const wrong = expect.stringContaining('f.yaml:3:1: ') as unknown;
    expect(guard.refused).toEqual({ reason: wrong, since: 5 });
    await offer(first);
    expect(metrics.refused).toBe(false);
    expect(said.at(-1)).toBe('info the guard policy is right again');
    expect(guard.refused).toBeUndefined();
  });

  it('that names an empty pool, then it is refused, until the pool has a node', async () => {
    const { guard, said, fleet, offer } = startedWith(first);
    expect(await offer(emptyPool)).toBe(false);
    expect(said[0]).toContain('f.yaml:3:65: guard.budgets[0].where.pools[0]: no node of the inventory');
    fleet.picture = pictureOf('gpu');
    expect(await offer(emptyPool)).toBe(true);
    expect(guard.section.policy.budgets.at(-1)?.name).toBe('gpus');
  });

  it('and other sections as well, then it is said once that those take a restart', async () => {
    const { guard, said, offer } = startedWith(first);
    const other = `${second}executor: {concurrency: 7}\n`;
    await offer(other);
    await offer(other);
    expect(guard.section.lookEveryMs).toBe(2_000);
    expect(said.filter((one) => one.includes('takes a restart'))).toHaveLength(1);
  });
});

describe('given a file whose guard is wrong in itself, when a process starts', () => {
  const wrong = `${head}guard: {lookEvery: 0s, budgets: [{name: some, operations: [isolate]}]}\n`;

  it('then the latest policy of the journal goes on, until the file is right (no copy started any more)', async () => {
    const { guard, said, kept, metrics, offer } = startedWith(first, [second]);
    await guard.begin(() => wrong);
    expect(guard.section.lookEveryMs).toBe(2_000);
    expect(metrics).toEqual({ version: guard.section.version, refused: true });
    expect(kept).toEqual([`${guard.section.version} true pod-1`]);
    expect(said).toEqual([
      expect.stringMatching(
        /^error .* stays in force: .*f\.yaml:2:20: guard\.lookEvery.*\n.*f\.yaml:2:34: guard\.budgets\[0\]/,
      ),
    ]);
    expect(guard.refused?.reason).toContain('limits nothing');
    expect(await offer(first)).toBe(true);
    expect(guard.section.lookEveryMs).toBe(1_000);
  });

  it('then it does not start where the journal has none, and where more is wrong than that', async () => {
    await expect(startedWith(first).guard.begin(() => wrong)).rejects.toThrow('limits nothing');
    const more = `${wrong}executor: {concurrency: 0}\n`;
    await expect(startedWith(first, [second]).guard.begin(() => more)).rejects.toThrow('concurrency');
  });

  it('then what the file says by now is gone by, not what it said as it was read first', async () => {
    const { guard } = startedWith(first, [first]);
    await guard.begin(() => second);
    expect(guard.section.lookEveryMs).toBe(2_000);
  });
});

describe('given a file that would be refused while another policy is in force, when a process starts', () => {
  it('then the latest policy of the journal goes on, loudly, until the file is right', async () => {
    const { guard, said, kept, metrics, fleet, begin, offer } = startedWith(emptyPool, [first, second]);
    await begin();
    expect(guard.section.lookEveryMs).toBe(1_000);
    expect(metrics).toEqual({ version: guard.section.version, refused: true });
    expect(said).toEqual([expect.stringMatching(/^error .* stays in force: .*where\.pools\[0\]/)]);
    expect(kept).toEqual([`${guard.section.version} true pod-1`]);
    expect(await offer(emptyPool)).toBe(false);
    expect(said).toHaveLength(1);
    fleet.picture = pictureOf('gpu');
    expect(await offer(emptyPool)).toBe(true);
    expect(guard.section.policy.budgets.at(-1)?.name).toBe('gpus');
    expect(metrics.refused).toBe(false);
  });

  const asking = (query: string): string =>
    `${head}guard: {prometheus: {url: "http://127.0.0.1:9"}, metrics: [{name: m, query: ${query}, better: higher, limit: 5}]}\n`;

  it.each(['nan', 'sum('])('then the same goes for a query that gives no number: %s', async (query) => {
    const { guard, said, begin, offer } = startedWith(asking(query), [first]);
    await begin();
    expect(guard.section.policy.business.metrics).toEqual([]);
    expect(await offer(asking(query))).toBe(false);
    expect(said).toEqual([
      expect.stringMatching(/^error .* stays in force: .*f\.yaml:2:9: .*it gives no number/),
    ]);
    expect(await offer(asking('up'))).toBe(true);
    expect(guard.section.policy.business.metrics).toHaveLength(1);
  });

  it('then one whose query Prometheus will never take keeps it from starting where no other could hold', async () => {
    const other = `clusters: [{name: b, kubeconfig: k}]
guard: {breakers: [{name: many, nodes: 3, share: 0.1, within: 1m, where: {clusters: [b]}}]}
`;
    for (const journal of [[], [other]])
      await expect(startedWith(asking('sum('), journal).begin()).rejects.toThrow('it gives no number');
    await startedWith(asking('nan'), []).begin();
  });

  it('then one that was in force before goes on with a warning, whatever Prometheus says of it now', async () => {
    const { guard, said, begin, offer } = startedWith(asking('sum('), [asking('sum('), first]);
    await begin();
    expect(await offer(asking('sum('))).toBe(true);
    expect(guard.section.policy.business.metrics).toHaveLength(1);
    expect(said).toEqual([expect.stringMatching(/^warn .*it gives no number/)]);
  });

  it('then it holds with a warning where it was in force, or nothing was, or what was does not go with the file', async () => {
    const elsewhere = `clusters: [{name: b, kubeconfig: k}]
guard: {breakers: [{name: many, nodes: 3, share: 0.1, within: 1m, where: {clusters: [b]}}]}
`;
    for (const journal of [[emptyPool], [], [elsewhere]]) {
      const { guard, said, begin, offer } = startedWith(emptyPool, journal);
      await begin();
      expect(await offer(emptyPool)).toBe(true);
      expect(guard.section.policy.budgets.at(-1)?.name).toBe('gpus');
      expect(said).toEqual([expect.stringMatching(/^warn .*where\.pools\[0\]/)]);
    }
  });

  it('then a good file holds at once', async () => {
    const { guard, said, begin } = startedWith(second, [first]);
    await begin();
    expect(guard.section.lookEveryMs).toBe(2_000);
    expect(said).toEqual([]);
  });
});

it('given a policy that names an empty pool at the start, then it holds with a warning', async () => {
  const { guard, said, metrics, offer } = startedWith(emptyPool);
  expect(await offer(emptyPool)).toBe(true);
  expect(said).toEqual([expect.stringMatching(/^warn .*where\.pools\[0\]/)]);
  expect(metrics.version).toBe(guard.section.version);
});

/** Looks at one reading after the other, each of them a try to read the file. */
async function offeredOf(
  readings: readonly (string | undefined)[],
): Promise<readonly (string | undefined)[]> {
  const stopping = new AbortController();
  const left = [...readings];
  const offered: (string | undefined)[] = [];
  const clock = {
    now: () => 0,
    waitUntil: () => {
      if (left.length === 0) stopping.abort();
      return Promise.resolve();
    },
    fromLogTime: (at: number) => at,
  };
  const surroundings = {
    ...{ clock, randomness: systemRandomness, log: silentLog, logOf: () => silentLog },
    ...{ environment: {}, version: 'v' },
  };
  const source = {
    read: () => {
      const reading = left.shift();
      if (reading === undefined) throw new ConfigurationUnreadable('it is away');
      return reading;
    },
    changed: () => new Promise<void>(() => undefined),
  };
  const offer = (read: () => string): Promise<boolean> => {
    try {
      offered.push(read());
      return Promise.resolve(true);
    } catch {
      offered.push(undefined);
      return Promise.resolve(false);
    }
  };
  await startGuardPolicy({ surroundings, signal: stopping.signal }, { offer }, source).ended;
  return offered;
}

it('given Prometheus is another one, then the policy is refused: nobody would read its metrics', async () => {
  const { guard, said, offer } = startedWith(first);
  const metrics = '[{name: orders, query: orders_total, better: higher, limit: 5}]';
  await offer(`${head}guard: {prometheus: {url: "http://127.0.0.1:9"}, metrics: ${metrics}}\n`);
  expect(guard.section.policy.business.metrics).toEqual([]);
  expect(said).toEqual([expect.stringContaining('guard.prometheus: is connected to at the start')]);
});

describe('given a file that is looked at', () => {
  it('then a new content is offered once it stands still, and never again', async () => {
    expect(await offeredOf(['a', 'a', 'a', 'b', 'b2', 'b2', 'b2', 'b2'])).toEqual(['a', 'b2']);
  });

  it('then one that is away is told each time, and offered when it is there again', async () => {
    expect(await offeredOf([undefined, undefined, undefined, undefined, 'a', 'a'])).toEqual([
      undefined,
      undefined,
      'a',
    ]);
  });
});
