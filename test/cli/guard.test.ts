import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { ChangeId, NodeKey, PauseId, ProcessId } from '../../domain/identifiers.js';
import type { GuardReceipt } from '../../services/console/forms/guard.js';
import { changeNamed } from '../contract/journal/changes-suite.js';
import { budgetOf } from '../contract/journal/decisions.js';
import { startTestServer, type TestServer } from './faultline-server.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

const minuteMs = 60_000;
let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
  const member = { zone: 'z1', labels: { rack: 'r1' }, unavailable: false, controlPlane: false };
  await server.journal.inventory.replace(
    'a',
    [
      { node: 'a/n1' as NodeKey, pool: 'gpu', ...member },
      { node: 'a/n2' as NodeKey, pool: 'cpu', ...member },
    ],
    Date.now(),
  );
});
afterEach(() => server.stop());

const guard = (...words: readonly string[]) => runCommand(['guard', ...words, '--server', server.url]);

async function document(...words: readonly string[]): Promise<unknown> {
  const { code, out, err } = await guard(...words, '-o', 'json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const printed = JSON.parse(out) as { readonly kind: string };
  expectPublishedForm(printed, printed.kind);
  return printed;
}

async function beginIncident(id: string): Promise<void> {
  await server.journal.guardBook.begin({
    id: id as PauseId,
    key: id,
    where: { labels: { rack: ['r1'] } },
    begun: { by: 'breaker racks', reason: '2 nodes within 10m', at: Date.now() - 5 * minuteMs },
    incident: {
      breaker: 'racks',
      common: 'rack r1 of a',
      nodes: ['a/n1' as NodeKey],
      count: 2,
      faultTypes: ['DiskFailure'],
      shared: ['power=p1 (2 of 2; 8 nodes have it)'],
      since: Date.now() - 10 * minuteMs,
      latestAt: Date.now(),
    },
  });
}

/** A node with a fault, whose first command waits for a quarter of a minute. */
async function waitingOn(node: string, reason: string, line?: string): Promise<string> {
  await server.report(node, 'DiskFailure');
  const processId = (await server.processOn(node)) as ProcessId;
  const [row] = await server.history.commands(processId);
  if (row === undefined) throw new Error(`${node} has no command`);
  const wait = { until: Date.now() + 10 * minuteMs, reason, ...(line === undefined ? {} : { line }) };
  await server.journal.commands.postpone(row.command.id, wait);
  return processId;
}

describe('status', () => {
  it('says when there is nothing', async () => {
    const { code, out } = await guard('status');
    expect(code).toBe(0);
    const heads = [
      'pauses in force',
      'business metrics',
      'waiting for leave',
      'changes of others',
      'budgets in use',
    ];
    expect(out).toBe(heads.map((head) => `${head}: none\n`).join('\n'));
    expect(await document('status')).toMatchObject({ kind: 'Guard', version: 0, pauses: [] });
  });

  it('given a policy that is refused, then it says so, where it is wrong, why and for how long', async () => {
    const since = Date.now() - 5 * minuteMs;
    const reason = 'f.yaml:3:9: guard.labels[0]: is no label\nf.yaml:4:1: \u001b[2Kno';
    server.refusePolicy({ reason, since });
    const { out } = await guard('status');
    expect(out).toContain(
      'policy v1 stays in force: what the file says has been refused for 5m\n  f.yaml:3:9: guard.labels[0]: is no label\n  f.yaml:4:1: ',
    );
    expect(out).not.toContain('\u001b');
    expect(await document('status')).toMatchObject({
      policy: { version: 'v1', refused: { reason, since: new Date(since).toISOString() } },
    });
  });

  it('shows pauses, and who waits for what', async () => {
    await beginIncident('z-1');
    await waitingOn('a/n1', 'Paused: z-1 (racks, rack r1 of a)');
    const { out } = await guard('status', '-o', 'wide');
    expect(out).toMatch(/^pauses in force: 1\nPAUSE +KIND +WHERE +OPERATIONS +BY +AGE +ENDS +WHY +NODES\n/);
    expect(out).toMatch(
      /\nz-1 +incident +rack=r1 +all +breaker racks +5m +- +racks: 2 nodes of rack r1 of a with DiskFailure; most have power=p1 \(2 of 2; 8 nodes have it\) +a\/n1\n/,
    );
    expect(out).toContain('\nwaiting for leave: 1 (Paused 1)\nNODE ');
    expect(out).toMatch(
      /\na\/n1 +isolateNode +DiskFailure +\d+s +- +in 9m +Paused: z-1 \(racks, rack r1 of a\) +p-/,
    );
    const yaml = await guard('status', '-o', 'yaml');
    expectPublishedForm(parse(yaml.out), 'Guard');
  });
});

describe('why', () => {
  it('tells on one line what waits, and on the next ones who holds it back and how that ends', async () => {
    const process = await waitingOn('a/n1', 'Paused: z-1 (racks, rack r1 of a)', 'isolate/in-flight/a');
    await beginIncident('z-1');
    const { code, out } = await guard('why', 'a/n1');
    expect(code).toBe(0);
    expect(out.replaceAll(/for \d+s:/g, 'for 0s:')).toBe(
      [
        `a/n1 (in-maintenance, pool gpu, zone z1, rack=r1): hardware-repair in stage isolating, ${process}`,
        'isolateNode because of DiskFailure waits for 0s: Paused: z-1 (racks, rack r1 of a); place 1 in line; asked again in 9m',
        'held back by incident z-1 of breaker racks, 5m old: racks: 2 nodes of rack r1 of a with DiskFailure; most have power=p1 (2 of 2; 8 nodes have it) [rack=r1]',
        '  they are really ill, go on: faultline guard approve z-1 --reason WHY',
        '  a false alarm, take back what was begun: faultline guard deny z-1 --reason WHY',
        '  only end it: faultline guard thaw z-1 --reason WHY',
        '',
      ].join('\n'),
    );
    expect(await document('why', 'n1')).toMatchObject({ kind: 'GuardNode', waiting: [{ pauses: ['z-1'] }] });
  });

  it('offers nothing but thawing once an incident was denied', async () => {
    await beginIncident('z-1');
    await guard('deny', 'z-1', '--reason', 'bad probe');
    const { out } = await guard('why', 'a/n2');
    expect(out).toMatch(
      /with DiskFailure; most have power=p1 .*; denied by unauthenticated:tester: bad probe \[rack=r1\]\n {2}to end it: faultline guard thaw z-1 --reason WHY\n$/,
    );
    expect(out).not.toMatch(/approve|deny z-1/);
  });

  it('says that nothing waits, and which pauses are there all the same', async () => {
    await guard('freeze', '--pool', 'cpu', '--operation', 'reimage', '--reason', 'new image', '--for', '3h');
    const { out } = await guard('why', 'a/n2');
    expect(out).toMatch(
      /^a\/n2 \(never reported, pool cpu, zone z1, rack=r1\)\nnothing waits for leave there\nin force there: freeze z-\S+ of unauthenticated:tester, 0s old, ends in 2h: new image \[pool cpu, only reimage\]\n {2}to end it: faultline guard thaw z-\S+ --reason WHY\n$/,
    );
  });

  it('says of a node in no inventory that nothing is begun there', async () => {
    await server.report('a/n9', 'DiskFailure');
    expect((await guard('why', 'n9')).out).toContain('it is in no inventory: nothing risky is begun there');
  });

  it('never lets the text of others move the cursor', async () => {
    await guard('freeze', '--pool', 'cpu', '--reason', 'a\u001b[2Kb\nheld back by nobody');
    const { out } = await guard('why', 'a/n2');
    expect(out).toContain('a\u{FFFD}[2Kb\u{FFFD}held back by nobody');
  });
});

describe('freeze', () => {
  it('takes every part several times, and says what it did', async () => {
    const { code, out, err } = await guard(
      'freeze',
      ...['--cluster', 'a', '--pool', 'gpu', '--pool', 'cpu', '--zone', 'z1', '--node', 'a/n1', 'a/n2'],
      ...['--label', 'rack=r1', '--label', 'rack=r2', '--fault-type', 'DiskFailure', '--reporter', 'npd'],
      ...['--owner', 'faultline', '--operation', 'isolate', '--operation', 'reimage'],
      ...['--until', '2999-01-31T08:00:00Z', '--reason', 'network work'],
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^z-\S+ frozen until 2999-01-31T08:00:00\.000Z: cluster a, pool gpu or cpu, zone z1, node a\/n1 or a\/n2, fault DiskFailure, reporter npd, owner faultline, rack=r1 or r2 \(2 nodes now\)\n$/,
    );
    const { pauses } = await server.journal.guardBook.present();
    expect(pauses).toMatchObject([
      {
        where: {
          ...{ clusters: ['a'], pools: ['gpu', 'cpu'], zones: ['z1'], nodes: ['a/n1', 'a/n2'] },
          ...{ labels: { rack: ['r1', 'r2'] }, faultTypes: ['DiskFailure'], reporters: ['npd'] },
          owners: ['faultline'],
        },
        operations: ['isolate', 'reimage'],
        begun: { by: 'unauthenticated:tester', reason: 'network work' },
        until: Date.parse('2999-01-31T08:00:00Z'),
      },
    ]);
  });

  it('of a dry run changes nothing, and a name that no node has is told', async () => {
    const { code, out, err } = await guard('freeze', '--pool', 'gup', '--reason', 'r', '--dry-run');
    expect(code).toBe(0);
    expect(out).toBe('would be frozen until it is thawed: pool gup (0 nodes now)\n');
    expect(err).toBe('The inventory knows no node there: look whether each name is right.\n');
    expect(await document('status')).toMatchObject({ pauses: [] });
  });

  it.each([
    [['freeze', '--reason', 'r'], 'would freeze everything'],
    [['freeze', '--pool', 'gpu'], "required option '--reason <text>' not specified"],
    [['freeze', '--label', 'rack', '--reason', 'r'], 'write it like rack=r1'],
    [['freeze', '--operation', 'explode', '--reason', 'r'], 'Allowed choices are isolate'],
    [['freeze', '--fault-type', 'Flu', '--reason', 'r'], 'Allowed choices are'],
    [['freeze', '--pool', 'gpu', '--for', '2 hours', '--reason', 'r'], 'body/for'],
  ])('%j is refused with 2', async (words, text) => {
    const { code, out, err } = await guard(...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(text);
  });
});

it('policies lists what the guard went by, the newest first', async () => {
  const { guardPolicies } = server.journal;
  for (const version of ['one', 'two'])
    await guardPolicies.record({ version, policy: '{"lookEvery":"1s"}', at: 5, by: 'pod-1' });
  expect((await guard('policies')).out).toMatch(/^VERSION +TAKEN UP.*\ntwo .*pod-1\none .*pod-1\n$/);
  expect(await document('policies')).toMatchObject({
    kind: 'GuardPolicyList',
    items: [{ version: 'two', policy: { lookEvery: '1s' } }, { version: 'one' }],
  });
});

describe('verdicts', () => {
  it('thaw, once: it is over then, and the history says who began and ended it', async () => {
    const { id } = (await document('freeze', '--everything', '--reason', 'move')) as GuardReceipt;
    expect((await guard('thaw', id, '--reason', 'moved', '--dry-run')).out).toBe(`${id} would be thawed\n`);
    expect((await guard('thaw', id, '--reason', 'moved')).out).toBe(`${id} thawed\n`);
    const again = await guard('thaw', id, '--reason', 'moved');
    expect(again.code).toBe(3);
    expect(again.err).toMatch(/^error \(NotFound\): z-\S+ is over, thawed by unauthenticated:tester at /);
    expect(await document('history')).toMatchObject({
      kind: 'PauseList',
      items: [{ ended: { how: 'thawed' } }],
    });
    expect((await guard('history')).out).toMatch(
      /\nz-\S+ +freeze +everything +unauthenticated:tester +\d+s +move +thawed +moved\n$/,
    );
  });

  it('approve an incident', async () => {
    await beginIncident('z-1');
    expect(await document('approve', 'z-1', '--reason', 'PDU')).toMatchObject({
      verb: 'approve',
      changed: true,
    });
    expect((await guard('status')).out).toContain('pauses in force: none');
  });

  it('deny an incident, and say so when somebody did before', async () => {
    await beginIncident('z-1');
    expect((await guard('deny', 'z-1', '--reason', 'bad probe')).out).toBe('z-1 denied\n');
    const again = await guard('deny', 'z-1', '--reason', 'mine');
    expect(again).toEqual({
      code: 0,
      out: 'z-1 was denied before, by unauthenticated:tester: bad probe\n',
      err: '',
    });
    expect((await guard('deny', 'z-1', '--reason', 'mine', '--dry-run')).out).toBe(again.out);
    expect((await guard('thaw', 'z-1', '--reason', 'r', '--dry-run')).out).toBe('z-1 would be thawed\n');
    const approved = await guard('approve', 'z-1', '--reason', 'r');
    expect(approved.code).toBe(4);
    expect(approved.err).toContain('next: end it with: faultline guard thaw z-1 --reason WHY');
  });
});

it('says of a history without pauses that there was none', async () => {
  const { code, out, err } = await guard('history');
  expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'There was never a pause.\n' });
});

/** Somebody else asks leave. */
const ask = async (key: string, node: string): Promise<void> => {
  const body = JSON.stringify({
    cluster: 'a',
    node,
    operation: 'isolate',
    reason: 'new kernel',
    subject: 'deployer',
  });
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  expect((await fetch(`${server.url}/v1/changes`, { method: 'POST', headers, body })).status).toBe(200);
};

describe('changes', () => {
  it('lists what others asked leave for, and why it waits', async () => {
    expect((await guard('changes')).err).toContain('Nobody has asked leave');
    await server.journal.upkeep.resume();
    await ask('k1', 'n1');
    await ask('k2', 'n2');
    const { out } = await guard('changes', '--open');
    expect(out).toMatch(
      /waiting +a\/n2 +isolate +unauthenticated:deployer .* 1 +BudgetFull: isolate\/in-flight\/a/,
    );
    expect(out).toMatch(/granted +a\/n1 .* new kernel/);
    const one = (await document('changes', '--node', 'a/n1')) as { items: unknown[] };
    expect(one.items).toHaveLength(1);
  });

  it('given some that wait, then status tells of them: it said that nothing waits for leave', async () => {
    await server.journal.upkeep.resume();
    await ask('k1', 'n1');
    await ask('k2', 'n2');
    const { out } = await guard('status');
    expect(out).toContain('waiting for leave: none of ours\n');
    expect(out).toMatch(
      /changes of others: 1 with leave, 1 waiting \(BudgetFull 1\)\nCHANGE .*\nc-\S+ +granted +a\/n1 .*\nc-\S+ +waiting +a\/n2 .* 1 +BudgetFull/,
    );
    expect(await document('status')).toMatchObject({
      waiting: { count: 0 },
      changes: { granted: 1, waiting: 1, items: [{ status: 'granted' }, { status: 'waiting' }] },
    });
  });

  it('given one that has leave, then status says of how many it has taken: it told only how much is used', async () => {
    await server.journal.upkeep.resume();
    await ask('k1', 'n1');
    expect((await guard('status')).out).toMatch(
      /\nTAKEN OF +USED +OF AT MOST\nisolate\/in-flight\/a +1 +1\n/,
    );
    const { counters } = (await document('status')) as { readonly counters: readonly unknown[] };
    expect(counters).toContainEqual({ counter: 'isolate/in-flight/a', used: 1, cap: 1 });
  });

  it('given more counters than a person reads, then status shows the fullest of them', async () => {
    await server.journal.upkeep.resume();
    const { id } = (await server.journal.changeBook.keep(changeNamed('n1', { askedAt: Date.now() }), 0))
      .change;
    const counters = Array.from({ length: 60 }, (_, index) => `gone/in-flight/a/n${index + 10}`);
    const budgets = [...counters, 'power/in-flight/a'].map((counter) => budgetOf(counter, 1, 'settled'));
    expect(await server.journal.changeBook.grant(id, { now: Date.now(), budgets, guardVersion: 0 })).toEqual({
      kind: 'granted',
    });
    const { out } = await guard('status');
    const [, shown = ''] = out.split('budgets in use: 61; the fullest 50 of them\n');
    expect(shown.trim().split('\n')).toHaveLength(51);
    expect(shown).toMatch(/^TAKEN OF .*\npower\/in-flight\/a +1 +1\ngone\/in-flight\/a\/n10 +1 +-\n/);
  });

  it('given one that has a node and one that waits there, then why tells of both: it said that nothing waits there', async () => {
    await server.journal.upkeep.resume();
    await ask('k1', 'n1');
    await ask('k2', 'n1');
    const { out } = await guard('why', 'a/n1');
    expect(out).not.toContain('nothing waits');
    expect(out).toMatch(
      /\nchange c-\S+ of unauthenticated:deployer: isolate, new kernel; has leave, its lease ends in \d+s\nchange c-\S+ of unauthenticated:deployer: isolate, new kernel; waits for \ds: HeldByChange: c-\S+; in no line, its lease ends in \d+s\n/,
    );
  });

  it('given a freeze, then why says that it holds the change back', async () => {
    await server.journal.upkeep.resume();
    await guard('freeze', '--pool', 'gpu', '--reason', 'switch replaced');
    await ask('k1', 'n1');
    expect((await guard('why', 'a/n1')).out).toMatch(
      /: isolate, new kernel; waits for \ds: Paused: (z-\S+) .*\nheld back by freeze \1 /,
    );
    expect(await document('why', 'a/n1')).toMatchObject({
      changes: [{ status: 'waiting', pauses: [expect.stringMatching(/^z-/)] }],
    });
  });
});

describe('business metrics', () => {
  const judgement = { metric: 'starts', value: 0.5, bound: 0.9, reason: '0.5, and should be at least 0.9' };

  beforeEach(async () => {
    const book = server.journal.guardBook;
    const at = Date.now() - 5 * minuteMs;
    await book.judge({ ...judgement, says: 'good', value: 1, at: at - minuteMs });
    await book.judge({ ...judgement, says: 'bad', at });
    const verdict = { ...judgement, says: 'bad', at, since: at } as const;
    await book.begin({
      ...{ id: 'z-1' as PauseId, key: 'metric:starts', where: { clusters: ['a'] } },
      begun: { by: 'metric starts', reason: `starts is bad: ${judgement.reason}`, at },
      regression: { verdict, since: at, nodes: ['a/n1' as NodeKey], count: 1, changes: ['c-1' as ChangeId] },
    });
  });

  it('are shown with what they say now, and with what a person may answer', async () => {
    const { out } = await guard('status');
    expect(out).toMatch(
      /\nbusiness metrics: 1\nMETRIC +SAYS .*\nstarts +bad +5m ago +0.5 +0.9 +- +0.5, and should be/,
    );
    expect(out).toMatch(/\nz-1 +regression +cluster a .* under way then: 1 nodes, changes of others: c-1\n/);
    const { out: why } = await guard('why', 'a/n2');
    expect(why).toContain(
      '  changes do harm, stop what is under way: faultline guard deny z-1 --reason WHY\n',
    );
    expect(await document('status')).toMatchObject({ metrics: [{ says: 'bad', overruled: false }] });
  });

  it('are overruled by a person who says go on', async () => {
    expect((await guard('approve', 'z-1', '--reason', 'a holiday')).out).toBe('z-1 approved\n');
    expect(await document('status')).toMatchObject({
      pauses: [],
      metrics: [{ says: 'bad', overruled: true }],
    });
  });

  it('are denied once', async () => {
    expect((await guard('deny', 'z-1', '--reason', 'it is us')).out).toBe('z-1 denied\n');
    const { out } = await guard('deny', 'z-1', '--reason', 'again');
    expect(out).toBe('z-1 was denied before, by unauthenticated:tester: it is us\n');
  });

  it('were recorded, each time that they said something else', async () => {
    expect((await guard('verdicts')).out).toMatch(/\nstarts +bad .*\nstarts +good .*\n$/);
    expect(await document('verdicts', 'starts')).toMatchObject({
      items: [
        { says: 'bad', bound: 0.9 },
        { says: 'good', value: 1 },
      ],
    });
    expect(await document('verdicts', 'other')).toMatchObject({ items: [] });
  });
});

describe('a rollout under way', () => {
  const deployer = (...words: readonly string[]) =>
    runCommand(['guard', 'ask', ...words, '--reason', 'kernel 6.12', '--server', server.url]);
  const rollout = ['a', '--rollout', '--operation', 'release', '--pool', 'gpu', '--label', 'rack=r1'];

  beforeEach(() => server.journal.upkeep.resume());

  it('is shown by status and why, with what ends it', async () => {
    await deployer(...rollout);
    await ask('k1', 'n1');
    const { out } = await guard('status');
    expect(out).toMatch(
      /\nz-\S+ +rollout +cluster a, pool gpu, rack=r1 +unauthenticated:tester +\d+s +with its change +a rollout is under way there: kernel 6.12 \(change c-\S+\)\n/,
    );
    expect(out).toMatch(/\nc-\S+ +granted +cluster a, pool gpu, rack=r1 +release +unauthenticated:tester /);
    expect((await guard('why', 'a/n1')).out).toMatch(
      /waits for \ds: Paused: (z-\S+) \(a rollout .*\nheld back by rollout \1 of unauthenticated:tester, \d+s old, ends with its change: .* \[cluster a, pool gpu, rack=r1, only isolate\]\n {2}to end it: faultline guard thaw/,
    );
    await document('status');
    await document('why', 'a/n1');
    await document('changes');
    await document('history');
  });

  it('given a part of a cluster without --rollout, then nothing is asked', async () => {
    const { code, err } = await deployer('a/n1', '--operation', 'release', '--pool', 'gpu');
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('add --rollout') as unknown,
    });
  });
});
