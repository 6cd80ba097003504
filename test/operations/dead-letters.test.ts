import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LogRecord } from '../../adapters/ports/event-log.js';
import {
  nodeKey,
  type CauseId,
  type ClusterName,
  type NodeName,
  type ReportId,
} from '../../domain/identifiers.js';
import { reportRecord } from '../../services/input-records.js';
import type { DeadLetterDescription, DeadLetterList } from '../../services/console/forms/dead-letters.js';
import { expectPublishedForm } from '../cli/form-validator.js';
import { runCommand } from '../cli/run-command.js';
import { valueOf } from './prometheus-text.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 200 };
const bytes = Buffer.from([0, 0xff, 0x7b, 0x22, 0x0a, 0]);
let faultline: WholeInstallation;

beforeAll(async () => {
  faultline = await startWholeInstallation({ wanted: ['intake', 'maintenance', 'relay', 'console'] });
}, 120_000);
afterAll(() => faultline.stop(), 60_000);

const log = () => faultline.installation.connections.eventLog;
const dlt = (...words: readonly string[]) =>
  runCommand(['dlt', ...words, '--server', faultline.installation.url, '-o', 'json']);

async function listed(...words: readonly string[]): Promise<DeadLetterList['items']> {
  const { code, out } = await dlt('list', ...words);
  expect(code).toBe(0);
  const list = JSON.parse(out) as DeadLetterList;
  expectPublishedForm(list, 'DeadLetterList');
  return list.items;
}

async function show(id: string): Promise<DeadLetterDescription> {
  const { out } = await dlt('show', id);
  const document = JSON.parse(out) as DeadLetterDescription;
  expectPublishedForm(document, 'DeadLetter');
  return document;
}

/** Sends garbage for a node, and waits until it is a dead letter. */
async function letter(node: string, value: Buffer | undefined, headers = {}): Promise<string> {
  const before = new Set((await listed('--all')).map(({ id }) => id));
  await log().append([{ topic: 'fault.reports', key: `a/${node}`, value, headers }]);
  let found: string | undefined;
  await expect
    .poll(async () => (found = (await listed()).map(({ id }) => id).find((id) => !before.has(id))), patience)
    .toBeDefined();
  return found ?? '';
}

/** Every record of reports, as it lies in the log. */
async function reports() {
  const found: LogRecord[] = [];
  for (const { partition, low, high } of await log().bounds('fault.reports'))
    for await (const record of log().read('fault.reports', partition, low, high)) found.push(record);
  return found;
}

describe('dead letters', { timeout: 120_000 }, () => {
  it('are listed with reason, origin and key, and shown with their bytes untouched', async () => {
    const id = await letter('n1', bytes, { 'x-own': 'kept' });
    const [item] = await listed();
    expect(item).toMatchObject({ id, key: 'a/n1', bytes: bytes.length, origin: { topic: 'fault.reports' } });
    expect(item?.reason).not.toBe('');
    const shown = await show(id);
    expect(Buffer.from(shown.valueBase64 ?? '', 'base64')).toEqual(bytes);
    expect(shown.headers).toMatchObject({ 'x-own': 'kept', dlt_topic: 'fault.reports' });
    expect(shown.valueText).toBeUndefined();
    const table = await runCommand(['dlt', 'list', '--server', faultline.installation.url]);
    expect(table.out).toMatch(/^DEAD LETTER +KEY +BYTES +AGE +REASON\n/);
    await dlt('drop', id, '--reason', 'rubbish');
  });

  it('that are dropped are asked about no more, but stay where they are, with who dropped them', async () => {
    const id = await letter('n1', Buffer.from('rubbish'));
    const dry = await dlt('drop', id, '--reason', 'r', '--dry-run');
    expect(JSON.parse(dry.out)).toMatchObject({ ids: [id], dryRun: true });
    expect((await listed()).map((one) => one.id)).toEqual([id]);
    const { code, out } = await dlt('drop', id, '--reason', 'a test of someone');
    expect(code).toBe(0);
    expectPublishedForm(JSON.parse(out), 'DeadLetterReceipt');
    expect(await listed()).toEqual([]);
    const kept = (await listed('--all')).find((one) => one.id === id);
    expect(kept?.handled).toMatchObject({
      how: 'dropped',
      reason: 'a test of someone',
      subject: 'unauthenticated:tester',
    });
    expect((await show(id)).valueText).toBe('rubbish');
    expect(JSON.parse((await dlt('drop', id, '--reason', 'again')).out)).toMatchObject({
      ids: [],
      already: [id],
    });
    await expect
      .poll(async () => valueOf(await faultline.scrape(), 'faultline_dead_letters'), patience)
      .toBe(0);
  });

  it('that are retried go back as they were, once, and fail again visibly if nothing was mended', async () => {
    const id = await letter('n2', bytes, { 'x-own': 'kept' });
    const before = (await reports()).length;
    await dlt('retry', id, '--reason', 'mended');
    // It is no better than before: it comes back as another dead letter.
    await expect
      .poll(async () => (await listed()).map((one) => one.id).filter((one) => one !== id), patience)
      .toHaveLength(1);
    const after = await reports();
    expect(after).toHaveLength(before + 1);
    const [first, again] = after.filter(({ key }) => key === 'a/n2');
    expect(again).toMatchObject({ value: first?.value, headers: first?.headers, key: 'a/n2' });
    expect(JSON.parse((await dlt('retry', id, '--reason', 'twice')).out)).toMatchObject({
      ids: [],
      already: [id],
    });
    expect(await reports()).toHaveLength(before + 1);
    await dlt('drop', '--all', '--reason', 'tidy');
  });

  it('of one node keep their order: a later one alone would overtake, and is refused', async () => {
    const [one, two, other] = [
      await letter('n3', Buffer.from('one')),
      await letter('n3', Buffer.from('two')),
      await letter('n1', Buffer.from('other')),
    ];
    const { code, err } = await dlt('retry', two, '--reason', 'r');
    expect(code).toBe(4);
    expect(err).toContain(`${two} would overtake ${one} of a/n3`);
    expect((await dlt('retry', other, '--reason', 'r', '--dry-run')).code).toBe(0);
    const receipt = JSON.parse((await dlt('retry', two, one, '--reason', 'r')).out) as { ids: string[] };
    expect(receipt.ids).toEqual([one, two]);
    const sent = async () =>
      (await reports()).filter(({ key }) => key === 'a/n3').map(({ value }) => value?.toString());
    await expect.poll(sent, patience).toEqual(['one', 'two', 'one', 'two']);
    await expect
      .poll(async () => (await listed()).filter(({ key }) => key === 'a/n3').length, patience)
      .toBe(2);
    const dropped = JSON.parse((await dlt('drop', '--node', 'a/n3', '--reason', 'r')).out) as {
      ids: string[];
    };
    expect(dropped.ids).toHaveLength(2);
    expect((await listed()).map(({ key }) => key)).toEqual(['a/n1']);
    await dlt('drop', '--all', '--reason', 'tidy');
  });

  it('that can be read now are decided like any other input', async () => {
    const { connections } = faultline.installation;
    const report = {
      id: '00000000-0000-4000-8000-00000000beef' as ReportId,
      cluster: 'a' as ClusterName,
      node: 'n1' as NodeName,
      type: 'DiskFailure',
      status: 'firing',
      source: 'agent',
    } as const;
    const origin = { id: report.id as string as CauseId, source: '/test', at: Date.now() };
    const good = await reportRecord(connections.schemaIds, report, origin);
    // As if a release before had not been able to read it.
    const headers = {
      ...good.headers,
      dlt_topic: 'fault.reports',
      dlt_partition: '0',
      dlt_offset: '0',
      dlt_reason: 'an older release',
      dlt_at: new Date().toISOString(),
    };
    await log().append([{ ...good, topic: 'fault.reports.dlt', headers }]);
    const [item] = await listed();
    await dlt('retry', item?.id ?? '', '--reason', 'this release reads it');
    const node = nodeKey(report.cluster, report.node);
    await expect
      .poll(async () => Object.keys((await connections.journal.history.state(node))?.faults ?? {}), patience)
      .toEqual(['DiskFailure']);
  });

  it('whose bytes the log did not take can only be dropped', async () => {
    const headers = { dlt_topic: 'maintenance.events', dlt_reason: 'too large' };
    await log().append([{ topic: 'maintenance.signals.dlt', key: 'a/n1', value: undefined, headers }]);
    const [item] = await listed();
    const { code, err } = await dlt('retry', item?.id ?? '', '--reason', 'r');
    expect(code).toBe(4);
    expect(err).toContain('there is nothing to send again');
    expect((await dlt('drop', item?.id ?? '', '--reason', 'r')).code).toBe(0);
  });

  it('that are none are refused, with how to write one', async () => {
    expect((await dlt('show', 'fault.reports/0/1')).err).toContain('is no dead letter');
    expect((await dlt('show', 'fault.reports.dlt/0/999999')).code).toBe(3);
    expect((await dlt('retry', 'fault.reports.dlt/99/0', '--reason', 'r')).code).toBe(3);
    expect((await dlt('retry', '--reason', 'r')).code).toBe(2);
    expect((await dlt('drop', 'fault.reports.dlt/0/999999', '--reason', 'r')).code).toBe(3);
  });
});
