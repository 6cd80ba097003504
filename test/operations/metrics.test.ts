import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ProcessId } from '../../domain/identifiers.js';
import { valueOf } from './prometheus-text.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 250 };
const good = { cluster: 'a', node: 'n1', type: 'DiskFailure', status: 'firing', source: 'agent' };
let faultline: WholeInstallation;

beforeAll(async () => {
  const narrow = { share: 0.34, rate: 100, per: '1m' };
  const names = ['isolate', 'migrate', 'delete-pods', 'restart-component', 'power', 'reimage'];
  faultline = await startWholeInstallation({
    sections: { guard: { operations: Object.fromEntries(names.map((name) => [name, narrow])) } },
  });
}, 120_000);

afterAll(() => faultline.stop(), 60_000);

/** Waits until a metric has a value that the test expects. */
function metric(name: string, labels: Readonly<Record<string, string>> = {}) {
  return expect.poll(async () => valueOf(await faultline.scrape(), name, labels), patience);
}

describe('given Faultline whole, what /metrics shows', { timeout: 120_000 }, () => {
  it('is the text format, tells what runs, and has what runs at work', async () => {
    const answer = await fetch(`${faultline.installation.url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    await metric('faultline_build_info', { version: '1.2.3-test' }).toBe(1);
    await metric('faultline_cluster_mode', { cluster: 'a', mode: 'active' }).toBe(1);
    await metric('faultline_cluster_mode', { cluster: 'a', mode: 'observe' }).toBe(0);
    for (const service of [
      'maintenance',
      'timers',
      'relay',
      'executor',
      'migrator',
      'node-states',
      'detector of a',
    ])
      await metric('faultline_service_ready', { service }).toBe(1);
    const scrape = await faultline.scrape();
    expect(valueOf(scrape, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(valueOf(scrape, 'nodejs_eventloop_lag_p99_seconds')).toBeDefined();
  });

  it('shows a looked-at cluster, and 0 where nothing is the matter', async () => {
    await metric('faultline_inventory_age_seconds', { cluster: 'a' }).toBeLessThan(120);
    await metric('faultline_journal_paused').toBe(0);
    await metric('faultline_log_epoch').toBe(1);
    // What Faultline did at its start is read and sent a moment later, on a busy machine seconds later.
    await metric('faultline_consumer_lag_records', { group: 'maintenance', topic: 'fault.reports' }).toBe(0);
    await metric('faultline_outbox_oldest_seconds').toBe(0);
    const scrape = await faultline.scrape();
    for (const name of [
      'faultline_nodes_isolated',
      'faultline_processes_waiting_for_person',
      'faultline_nodes_parked',
    ])
      expect(valueOf(scrape, name, { cluster: 'a' }), name).toBe(0);
    for (const topic of ['fault.reports.dlt', 'maintenance.signals.dlt', 'migration.replies.dlt'])
      expect(valueOf(scrape, 'faultline_dead_letters', { topic })).toBe(0);
  });

  it('counts reports that were taken, and those that were not, by reason', async () => {
    expect(await faultline.report(good, { ...good, type: 'Nonsense' })).toBe(202);
    await metric('faultline_reports_accepted_total').toBe(1);
    await metric('faultline_node_states_told_total').toBeGreaterThan(0);
    await metric('faultline_node_state_lag_seconds').toBe(0);
    await metric('faultline_reports_rejected_total', { reason: 'invalid' }).toBe(1);
    await metric('faultline_intake_append_queue_records').toBe(0);
    await fetch(`${faultline.installation.url}/v1/reports`, { method: 'POST', body: '<xml/>' });
    await metric('faultline_intake_requests_refused_total', { reason: 'media-type' }).toBe(1);
  });

  it('follows the report through decision, permit and effect until a person is asked', async () => {
    await metric('faultline_inputs_decided_total', { topic: 'fault.reports' }).toBe(1);
    await metric('faultline_input_wait_seconds_count', { topic: 'fault.reports' }).toBe(1);
    await metric('faultline_facts_total').toBeGreaterThan(2);
    await metric('faultline_effect_duration_seconds_count', { command: 'isolateNode', result: 'done' }).toBe(
      1,
    );
    await metric('faultline_commands_settled_total', { command: 'isolateNode', result: 'done' }).toBe(1);
    await metric('faultline_records_published_total', { topic: 'maintenance.events' }).toBeGreaterThan(0);
    await metric('faultline_nodes_isolated', { cluster: 'a' }).toBe(1);
    await metric('faultline_permits_in_force', { cluster: 'a', operation: 'isolate' }).toBe(1);
    // There is no ticket system here.
    await metric('faultline_processes_waiting_for_person', { cluster: 'a' }).toBe(1);
    await metric('faultline_processes_active', {
      workflow: 'hardware-repair',
      stage: 'waitingForPerson',
    }).toBe(1);
    await metric('faultline_process_waiting_for_person_oldest_seconds', { cluster: 'a' }).toBeGreaterThan(0);
    await metric('faultline_process_stage_oldest_seconds', { stage: 'waitingForPerson' }).toBeGreaterThan(0);
  });

  it('shows that a command waits, why, and that the guard said no', async () => {
    expect(await faultline.report({ ...good, node: 'n2' })).toBe(202);
    await metric('faultline_permits_refused_total', {
      operation: 'isolate',
      reason: 'BudgetFull',
    }).toBeGreaterThan(0);
    const waiting = { cluster: 'a', command: 'isolateNode', state: 'waiting', reason: 'BudgetFull' };
    await metric('faultline_commands_open', waiting).toBe(1);
    await metric('faultline_command_open_oldest_seconds', waiting).toBeGreaterThan(0);
  });

  it('puts clusters that nobody configured under one name, so that reports can not make series', async () => {
    for (const cluster of ['evil-1', 'evil-2']) await faultline.report({ ...good, cluster });
    await metric('faultline_processes_active', { cluster: 'not-configured' }).toBeGreaterThan(0);
    const text = await (await fetch(`${faultline.installation.url}/metrics`)).text();
    expect(text).not.toContain('evil');
    expect(text).not.toMatch(/"(a\/)?n[12]"/);
  });

  it('counts what is no report, as a dead letter', async () => {
    const record = { topic: 'fault.reports', key: 'a/n3', value: Buffer.from('nonsense'), headers: {} };
    await faultline.installation.connections.eventLog.append([record]);
    await metric('faultline_inputs_set_aside_total', { topic: 'fault.reports', reason: 'undecodable' }).toBe(
      1,
    );
    await metric('faultline_dead_letters', { topic: 'fault.reports.dlt' }).toBe(1);
  });

  it('counts subscribers, and what they are given', async () => {
    const events = `${faultline.installation.url}/v1/events?from=beginning`;
    const past = await (await fetch(`${events}&until=now&topic=fault.hardware&node=a/n1`)).text();
    expect(past).toContain('"subject":"a/n1"');
    await metric('faultline_event_stream_events_total').toBeGreaterThan(0);
    const { body } = await fetch(events);
    await metric('faultline_event_streams').toBe(1);
    await metric('faultline_event_stream_lag_seconds').toBe(0);
    await body?.cancel();
    await metric('faultline_event_streams').toBe(0);
    await metric('faultline_event_streams_cut_off_total').toBe(0);
  });

  it('counts orders', async () => {
    const { rows } = await faultline.installation.connections.journal.history.processes({
      active: true,
      limit: 10,
    });
    const waiting = rows.find(({ node }) => node === 'a/n1')?.processId as ProcessId;
    const answer = await fetch(`${faultline.installation.url}/v1/processes/${waiting}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'abort', reason: 'test' }),
    });
    expect(answer.status).toBe(202);
    await metric('faultline_orders_given_total', { order: 'abort' }).toBe(1);
  });

  it('is counted at most every five seconds, however often it is asked', async () => {
    const asked: unknown[] = [];
    const { figures } = faultline.installation.connections;
    const read = figures.read.bind(figures);
    Object.assign(figures, {
      read: () => {
        asked.push(1);
        return read();
      },
    });
    const began = Date.now();
    await Promise.all(Array.from({ length: 50 }, () => faultline.scrape()));
    // On a busy machine fifty answers take longer than that.
    const fiveSeconds = Math.floor((Date.now() - began) / 5_000);
    expect(asked.length).toBeLessThanOrEqual(1 + fiveSeconds);
    const scrape = await faultline.scrape();
    expect(valueOf(scrape, 'faultline_figures_age_seconds')).toBeLessThan(30);
    expect(valueOf(scrape, 'faultline_figures_read_failures_total')).toBe(0);
  });
});
