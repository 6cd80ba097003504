import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

import { nothingAdvanced } from '../../adapters/postgres/journal/advance.js';
import { createPrometheusMetrics } from '../../adapters/prometheus/prometheus-metrics.js';
import { providePrometheus } from '../../stack/prometheus.js';
import { repository } from './repository-files.js';

const rules = ['rules.yaml', 'alerts.yaml'].map((file) => join(repository, 'deploy/prometheus', file));
const business = join(repository, 'deploy/prometheus/business.yaml');
let promtool: string;
let folder: string;

beforeAll(async () => {
  promtool = await providePrometheus('promtool');
  folder = await mkdtemp(join(tmpdir(), 'faultline-promtool-'));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What promtool says, whatever it ends with. */
async function run(args: readonly string[], input = ''): Promise<{ code: unknown; output: string }> {
  const running = promisify(execFile)(promtool, [...args]);
  running.child.stdin?.end(input);
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    },
  );
}

/** Series that make an alert fire; each value holds for as long as it takes. */
const firing: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  FaultlineDown: { 'up{job="other"}': '1x120' },
  FaultlineServiceNotReady: { 'faultline_service_ready{service="relay",instance="one"}': '0x120' },
  FaultlineInputsNotDecided: {
    'faultline_input_undecided_oldest_seconds{group="maintenance",topic="fault.reports",partition="0"}':
      '301+60x120',
  },
  FaultlineMigrationRequestsNotRead: {
    'faultline_input_undecided_oldest_seconds{group="migrator",topic="migration.requests",partition="0"}':
      '901+60x120',
  },
  FaultlineOutboxStuck: { 'faultline_outbox_oldest_seconds{instance="one"}': '301x120' },
  FaultlineFiguresStale: { 'faultline_figures_age_seconds{instance="one"}': '301+60x120' },
  FaultlineArchiveFails: {
    'faultline_archive_runs_total{result="failed",instance="one"}': '0+1x120',
    'faultline_archive_runs_total{result="done",instance="one"}': '7x120',
  },
  FaultlineReportsRefused: { 'faultline_intake_requests_refused_total{reason="unavailable"}': '0+10x120' },
  FaultlineReportsRejected: { 'faultline_reports_rejected_total{reason="invalid"}': '0+60x120' },
  FaultlineInventoryStale: { 'faultline_inventory_age_seconds{cluster="a"}': '301+60x120' },
  FaultlineGuardPolicyRefused: { 'faultline_guard_policy_refused{instance="one"}': '1x120' },
  FaultlineGuardPoliciesDiffer: {
    'faultline_guard_policy_info{version="one",instance="one"}': '1x120',
    'faultline_guard_policy_info{version="two",instance="two"}': '1x120',
  },
  FaultlineIncident: { 'faultline_guard_pauses{kind="incident"}': '1x120' },
  FaultlineRegression: { 'faultline_guard_pauses{kind="regression"}': '1x120' },
  FaultlineNodesParked: { 'faultline_nodes_parked{cluster="a",kind="failed"}': '1x120' },
  FaultlineDeadLetters: { 'faultline_dead_letters{topic="fault.reports.dlt"}': '1x120' },
  FaultlinePersonWaited: {
    'faultline_process_waiting_for_person_oldest_seconds{cluster="a"}': '14401+60x120',
  },
  FaultlineManyAskPeople: { 'faultline_processes_waiting_for_person{cluster="a"}': '11x120' },
  FaultlineCommandsWaitTooLong: {
    'faultline_command_open_oldest_seconds{cluster="a",command="powerOff",state="waiting",reason="Due"}':
      '7201+60x120',
  },
  FaultlineBudgetExhausted: {
    'faultline_permits_refused_total{operation="isolate",reason="BudgetFull"}': '0+1x120',
  },
  FaultlineEffectsFail: {
    'faultline_effect_duration_seconds_count{command="powerOff",result="failed"}': '0+3x120',
    'faultline_effect_duration_seconds_count{command="powerOff",result="done"}': '0+1x120',
  },
  FaultlineStageTooOld: {
    'faultline_process_stage_oldest_seconds{cluster="a",workflow="reboot",stage="evacuating"}':
      '14401+60x120',
  },
  FaultlineRecordsRefusedByLog: {
    'faultline_records_refused_total{topic="maintenance.events"}': '0x80 1x40',
  },
  FaultlineEventsPublishedLate: {
    'faultline_publish_age_seconds_bucket{topic="maintenance.outcomes",le="60"}': '0+1x120',
    'faultline_publish_age_seconds_bucket{topic="maintenance.outcomes",le="300"}': '0+9x120',
    'faultline_publish_age_seconds_bucket{topic="maintenance.outcomes",le="+Inf"}': '0+9x120',
  },
  FaultlineSchemaErrors: { 'faultline_schema_errors_total{problem="denied",instance="one"}': '0+1x120' },
  FaultlineJournalPaused: { 'faultline_journal_paused{instance="one"}': '1x120' },
  FaultlineChangesRegressed: {
    'faultline_changes_regressed_total{operation="reimage",instance="one"}': '0+1x120',
  },
  FaultlineChangesLost: { 'faultline_changes_lost_total{operation="isolate",instance="one"}': '0+1x120' },
  FaultlineSubscribersCutOff: { 'faultline_event_streams_cut_off_total{instance="one"}': '0+1x120' },
  FaultlineWebhookBehind: { 'faultline_webhook_lag_seconds{subscriber="s",instance="one"}': '601x120' },
  FaultlineWebhookDeadLetters: {
    'faultline_webhook_events{subscriber="s",state="dead",instance="one"}': '1x120',
  },
  FaultlineWebhookPaused: { 'faultline_webhook_paused{subscriber="s",instance="one"}': '1x120' },
  FaultlineWebhookGap: {
    'faultline_webhook_records_forgotten_total{subscriber="s",instance="one"}': '_x80 7x40',
    'faultline_webhook_records_forgotten_total{subscriber="other",instance="one"}': '3x120',
  },
  FaultlineNodeStatesBehind: { 'faultline_node_state_lag_seconds{instance="one"}': '61x120' },
  FaultlineLogEpochChanged: { 'faultline_log_epoch{instance="one"}': '1x80 2x40' },
  FaultlineEventLoopBlocked: {
    'nodejs_eventloop_lag_p99_seconds{job="faultline",instance="one"}': '0.6x120',
  },
};

/** A fleet that is well and at work, the old faults of some days included. */
const healthy: Readonly<Record<string, string>> = {
  'up{job="faultline",instance="one"}': '1x120',
  'faultline_service_ready{service="relay",instance="one"}': '1x120',
  'faultline_input_undecided_oldest_seconds{group="maintenance",topic="fault.reports",partition="0"}':
    '0x120',
  'faultline_outbox_oldest_seconds{instance="one"}': '0 1 0 2x120',
  'faultline_publish_age_seconds_bucket{topic="maintenance.outcomes",le="1"}': '0+9x120',
  'faultline_publish_age_seconds_bucket{topic="maintenance.outcomes",le="+Inf"}': '0+9x120',
  'faultline_schema_errors_total{problem="denied",instance="one"}': '3x120',
  'faultline_figures_age_seconds{instance="one"}': '5x120',
  'faultline_intake_requests_refused_total{reason="unavailable"}': '4x120',
  'faultline_reports_rejected_total{reason="invalid"}': '17x120',
  'faultline_archive_runs_total{result="failed",instance="one"}': '9x120',
  'faultline_archive_runs_total{result="done",instance="one"}': '7x120',
  'faultline_changes_lost_total{operation="isolate",instance="one"}': '3x120',
  'faultline_changes_regressed_total{operation="reimage",instance="one"}': '3x120',
  'faultline_event_streams_cut_off_total{instance="one"}': '3x120',
  'faultline_webhook_lag_seconds{subscriber="s",instance="one"}': '2x120',
  'faultline_webhook_events{subscriber="s",state="dead",instance="one"}': '0x120',
  'faultline_webhook_events{subscriber="s",state="waiting",instance="one"}': '3x120',
  'faultline_webhook_paused{subscriber="s",instance="one"}': '0x120',
  'faultline_webhook_records_forgotten_total{subscriber="s",instance="one"}': '3x120',
  'faultline_inventory_age_seconds{cluster="a"}': '30x120',
  'faultline_nodes_parked{cluster="a",kind="failed"}': '0x120',
  'faultline_dead_letters{topic="fault.reports.dlt"}': '0x120',
  'faultline_process_waiting_for_person_oldest_seconds{cluster="a"}': '0x120',
  'faultline_processes_waiting_for_person{cluster="a"}': '2x120',
  'faultline_command_open_oldest_seconds{cluster="a",command="checkTicket",state="waiting",reason="Due"}':
    '90000x120',
  'faultline_permits_refused_total{operation="isolate",reason="BudgetFull"}': '12x120',
  'faultline_effect_duration_seconds_count{command="powerOff",result="failed"}': '0+1x120',
  'faultline_effect_duration_seconds_count{command="powerOff",result="done"}': '0+9x120',
  'faultline_process_stage_oldest_seconds{cluster="a",workflow="hardware-repair",stage="repairing"}':
    '900000x120',
  'faultline_records_refused_total{topic="maintenance.events"}': '3x120',
  'faultline_journal_paused{instance="one"}': '0x120',
  'faultline_log_epoch{instance="one"}': '2x120',
  'nodejs_eventloop_lag_p99_seconds{job="faultline",instance="one"}': '0.06x120',
};

const evaluatedAt = '100m';

/** One case: these series give just these alerts. `ALERTS` of Prometheus itself, counted by name. */
function unitTest(series: Readonly<Record<string, string>>, alerts: readonly string[]): object {
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: evaluatedAt,
        exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
      },
    ],
  };
}

async function testRules(tests: readonly object[]): Promise<{ code: unknown; output: string }> {
  const file = join(folder, 'tests.yaml');
  await writeFile(file, stringify({ rule_files: rules, evaluation_interval: '1m', tests }));
  return run(['test', 'rules', file]);
}

describe('the rules for Prometheus, by its own tool', { timeout: 300_000 }, () => {
  it('are accepted', async () => {
    const { code, output } = await run(['check', 'rules', ...rules, business]);
    expect({ code, output }).toMatchObject({ code: 0 });
    for (const file of [...rules, business]) expect(output).toContain(`${rulesIn(file).length} rules found`);
  });

  it('each fires, alone, when its thing happens', async () => {
    const names = rules.flatMap((file) => alertsIn(file));
    expect(Object.keys(firing).sort()).toEqual(names.sort());
    const tests = Object.entries(firing).map(([name, series]) => {
      const others = name === 'FaultlineDown' ? {} : { 'up{job="faultline"}': '1x120' };
      return unitTest({ ...others, ...series }, [name]);
    });
    expect(await testRules(tests)).toMatchObject({ code: 0 });
  });

  it('are silent where all is well, and the test can tell', async () => {
    expect(await testRules([unitTest(healthy, [])])).toMatchObject({ code: 0 });
    const broken = { ...healthy, 'faultline_journal_paused{instance="one"}': '1x120' };
    expect(await testRules([unitTest(broken, [])])).toMatchObject({ code: 1 });
  });

  it('tell of a paused subscriber by webhook that it is paused, and not that it is behind, which it is meant to be', async () => {
    const paused = {
      ...healthy,
      'faultline_webhook_lag_seconds{subscriber="s",instance="one"}': '601+60x120',
      'faultline_webhook_paused{subscriber="s",instance="one"}': '1x120',
      'faultline_webhook_paused{subscriber="other",instance="one"}': '0x120',
    };
    const other = {
      ...paused,
      'faultline_webhook_lag_seconds{subscriber="other",instance="one"}': '601x120',
    };
    const tests = [
      unitTest(paused, ['FaultlineWebhookPaused']),
      unitTest(other, ['FaultlineWebhookBehind', 'FaultlineWebhookPaused']),
    ];
    expect(await testRules(tests)).toMatchObject({ code: 0 });
  });
});

function rulesIn(file: string): readonly { readonly alert?: string }[] {
  const { groups } = parse(readFileSync(file, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { readonly alert?: string }[] }[];
  };
  return groups.flatMap(({ rules: listed }) => listed);
}

function alertsIn(file: string): string[] {
  return rulesIn(file).flatMap(({ alert }) => (alert === undefined ? [] : [alert]));
}

/** Every metric with a value, as if everything had happened once. */
async function everything(): Promise<string> {
  const metrics = createPrometheusMetrics({ version: '1', clusters: [{ name: 'a', mode: 'active' }] });
  const { services } = metrics;
  services.reportsAccepted(2);
  services.inputsAdvanced('fault.reports', { ...nothingAdvanced, decided: 2 }, 12);
  services.effectAttempted('powerOff', 'done', 1_200);
  services.commandSettled('powerOff', 'done');
  services.permitRefused('isolate', 'BudgetFull: isolate/in-flight/a');
  services.recordsPublished('maintenance.events', 3, 20);
  services.detectorReported('a');
  metrics.serviceReady('detector of "a"\\', true);
  const counted = { cluster: 'a', count: 1, oldestAt: 0 };
  metrics.showFigures().show(
    {
      epoch: 1,
      logEpoch: 1,
      paused: false,
      processes: [{ ...counted, workflow: 'reboot', stage: 'booting', waitsForPerson: true, isolated: true }],
      parked: [{ ...counted, kind: 'failed' }],
      commands: [{ ...counted, type: 'powerOff', state: 'waiting', why: 'Due' }],
      permits: [{ cluster: 'a', operation: 'isolate', count: 1 }],
      pauses: [{ kind: 'incident', count: 1, oldestAt: 0 }],
      inventories: [{ cluster: 'a', observedAt: 0 }],
      outbox: { unsent: 1, oldestAt: 0 },
      archived: { facts: 1, finishedAt: 0 },
      decided: [],
      handledDeadLetters: [],
    },
    {
      undecided: [{ group: 'maintenance', topic: 'fault.reports', partition: 0, records: 1, seenAt: 0 }],
      deadLetters: [{ topic: 'fault.reports.dlt', count: 1 }],
    },
    1_000,
    () => 1,
  );
  return (await metrics.render()).text;
}

describe('/metrics, by the same tool', () => {
  it('is read without an error, and our names follow the conventions', async () => {
    const text = await everything();
    const { output } = await run(['check', 'metrics'], text);
    expect(output).not.toContain('error while linting');
    // The library's own names do not all follow them.
    const complaints = output.split('\n').filter((line) => line !== '' && !/^(nodejs|process)_/.test(line));
    expect(complaints).toEqual([]);
  });

  it('would hear of a broken text and of a bad name', async () => {
    expect((await run(['check', 'metrics'], 'faultline_x{ 1\n')).output).toContain('error while linting');
    const bad = '# HELP faultline_bad x\n# TYPE faultline_bad counter\nfaultline_bad 1\n';
    expect((await run(['check', 'metrics'], bad)).output).toContain('faultline_bad');
  });
});
