import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { loadBesideGuard, loadConfiguration, parseConfiguration } from '../../../cli/configuration/load.js';
import { ConfigurationInvalid } from '../../../cli/configuration/problems.js';
import { publishedConfigurationSchema } from '../../../cli/configuration/published-schema.js';
import { packageRoot } from '../../../schemas/package-root.js';

const root = packageRoot();
const shippedPath = join(root, 'faultline.yaml');
const schemaPath = join(root, 'schemas/config/faultline.schema.json');

function problemsOf(source: string): readonly string[] {
  try {
    parseConfiguration(source, 'bad.yaml');
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('given the shipped faultline.yaml', () => {
  it('says nothing but the defaults, except the cluster', () => {
    const bare = parseConfiguration('clusters: [{name: default, kubeconfig: ~/.kube/config}]', shippedPath);
    expect(loadConfiguration(shippedPath)).toEqual(bare);
  });

  it('watches only, until somebody says otherwise', () => {
    const { policy, clusters } = loadConfiguration(shippedPath);
    expect(policy.mode.byDefault).toBe('observe');
    expect(clusters.map(({ mode }) => mode)).toEqual(['observe']);
  });

  it('may act in a cluster for a pool or fault type alone, unless the cluster says observe', () => {
    const mayAct = (mode: string, more = '') =>
      parseConfiguration(
        `clusters: [{name: a, inCluster: true${more}}]\nmode: ${mode}`,
        'x.yaml',
      ).clusters.map((cluster) => cluster.mayAct);
    expect(mayAct('{}')).toEqual([false]);
    expect(mayAct('{pools: {gpu: active}}')).toEqual([true]);
    expect(mayAct('{faultTypes: {KernelDeadlock: active}}')).toEqual([true]);
    expect(mayAct('{faultTypes: {KernelDeadlock: active}}', ', mode: observe')).toEqual([false]);
  });

  it('fits the published schema, which is generated', () => {
    const published = readFileSync(schemaPath, 'utf8');
    expect(JSON.parse(published), 'run `npm run documents`').toEqual(
      JSON.parse(publishedConfigurationSchema()),
    );
    const validate = new Ajv({ strict: false }).compile(JSON.parse(published) as object);
    validate(parse(readFileSync(shippedPath, 'utf8')));
    expect(validate.errors).toBeNull();
  });
});

describe('given a complete file for the real components', () => {
  const configuration = parseConfiguration(
    `
http: {listen: '[::1]:0', operators: [{subject: anna, tokenFrom: {env: ANNA}}]}
clusters:
  - name: a
    kubeconfig: kube/a.yaml
    context: admin
    mode: active
    bmc: {url: 'https://{node}.bmc/', username: root, passwordFile: bmc.password}
  - {name: b, inCluster: true}
mode: {pools: {gpu: observe}, faultTypes: {Undetermined: observe}}
eventLog:
  kind: kafka
  brokers: ['k1:9092']
  sessionTimeout: 20s
  tls: {certificateAuthorityFile: ca.pem}
  sasl: {mechanism: scram-sha-512, username: u, passwordFrom: {env: KAFKA_PASSWORD}}
journal: {kind: postgres, connection: 'postgres://faultline@db:5432/faultline', passwordFile: /run/pg}
schemaRegistry:
  kind: confluent
  url: 'https://registry:8081/'
  register: true
  tokenFile: registry.token
  tls: {certificateAuthorityFile: ca.pem, certificateFile: us.pem, keyFile: us.key}
intake: {tokens: [{tokenFile: t, nodes: [a/n1]}], alertRules: {DiskErrors: DiskFailure}}
drivers: {tickets: {url: 'http://tickets/'}}
recipe: {bootDeadline: 5m}
faults: {DiskFailure: {ladder: [], recipe: {repairBy: power-off-and-ticket, bootDeadline: 1h}}}
sourcesSettleTime: {sources: {alertmanager: 15m}}
`,
    '/etc/faultline/faultline.yaml',
  );

  it('compiles durations once and paths relative to the file', () => {
    expect(configuration.clusters[0]).toMatchObject({
      access: { kind: 'kubeconfig', path: '/etc/faultline/kube/a.yaml', context: 'admin' },
      mode: 'active',
      bmc: { url: 'https://{node}.bmc', credentials: { password: { path: '/etc/faultline/bmc.password' } } },
    });
    expect(configuration.clusters[1]).toMatchObject({ access: { kind: 'inCluster' }, mode: 'observe' });
    expect(configuration.http).toMatchObject({ host: '::1', port: 0 });
    expect(configuration.eventLog).toMatchObject({
      kind: 'kafka',
      sessionTimeoutMs: 20_000,
      tls: { certificateAuthorityFile: '/etc/faultline/ca.pem' },
      sasl: { password: { kind: 'environment', variable: 'KAFKA_PASSWORD' } },
    });
    expect(configuration.schemaRegistry).toEqual({
      kind: 'confluent',
      url: 'https://registry:8081',
      register: true,
      token: { kind: 'file', path: '/etc/faultline/registry.token' },
      tls: {
        certificateAuthorityFile: '/etc/faultline/ca.pem',
        certificateFile: '/etc/faultline/us.pem',
        keyFile: '/etc/faultline/us.key',
      },
    });
    expect(configuration.drivers.tickets).toEqual({ url: 'http://tickets', requestTimeoutMs: 10_000 });
  });

  it('lets a fault type differ from the common recipe', () => {
    const { policy } = configuration;
    expect(policy.recipes.CpuFailure.bootDeadlineMs).toBe(300_000);
    expect(policy.recipes.DiskFailure).toMatchObject({
      bootDeadlineMs: 3_600_000,
      repairBy: 'power-off-and-ticket',
    });
    expect(policy.recipes.RuntimeUnhealthy.component).toBe('container-runtime');
    expect(policy.ladders.DiskFailure).toEqual([]);
    expect(policy.ladders.KernelDeadlock[0]).toEqual({ workflow: 'reboot', attempts: 2, perMs: 86_400_000 });
  });

  it('keeps modes and settle times apart', () => {
    expect(configuration.policy.mode).toEqual({
      byDefault: 'observe',
      byCluster: { a: 'active' },
      byPool: { gpu: 'observe' },
      byFaultType: { Undetermined: 'observe' },
    });
    expect(configuration.policy.settleTimeMs).toEqual({
      byDefault: 600_000,
      bySource: { alertmanager: 900_000 },
    });
  });
});

const refused: readonly (readonly [what: string, source: string, problems: readonly string[]])[] = [
  ['an unknown key', 'clusterz: []', ['bad.yaml:1:1: clusterz: unknown key: known here are installation']],
  [
    'two ways to say who asks the registry',
    'schemaRegistry: {kind: confluent, url: https://r, tokenFile: t, username: u, passwordFile: p}',
    ['bad.yaml:1:17: schemaRegistry: has both a user and a token: keep one'],
  ],
  [
    'half a client certificate, for a registry without TLS',
    "schemaRegistry: {kind: confluent, url: 'http://r', tls: {keyFile: k}}",
    [
      'bad.yaml:1:57: schemaRegistry.tls: has no effect with an http:// URL',
      'bad.yaml:1:57: schemaRegistry.tls: certificateFile and keyFile belong together',
    ],
  ],
  [
    'an operator who would pass for Faultline: his changes went on in an incident',
    'http: {operators: [{subject: faultline, tokenFrom: {env: A}}]}',
    ['bad.yaml:1:30: http.operators[0].subject: faultline is who asks for what Faultline itself does'],
  ],
  ['an unknown nested key', 'executor:\n  concurency: 2', ['bad.yaml:2:3: executor.concurency: unknown key']],
  [
    'a bad number',
    'executor:\n  concurrency: 0',
    ['bad.yaml:2:16: executor.concurrency: must be >= 1, not 0'],
  ],
  [
    'a duration without unit',
    'executor:\n  attemptLease: "5"',
    ['bad.yaml:2:17: executor.attemptLease: "5" is not a duration'],
  ],
  [
    'a number as duration',
    'executor: {attemptLease: 5}',
    ['bad.yaml:1:26: executor.attemptLease: must be string, not 5'],
  ],
  [
    'a duration of nothing',
    'recipe:\n  workloadCheck: 0s',
    ['bad.yaml:2:18: recipe.workloadCheck: 0s is no usable duration'],
  ],
  [
    'an unknown fault type',
    'faults:\n  Foo: {}',
    ['bad.yaml:2:3: faults.Foo: unknown key: known here are CpuFailure'],
  ],
  [
    'an unknown workflow',
    'faults: {CpuFailure: {ladder: [{workflow: rebot, attempts: 1, per: 1h}]}}',
    [
      'bad.yaml:1:43: faults.CpuFailure.ladder[0].workflow: "rebot" is not known here: use one of component-restart, reboot',
    ],
  ],
  [
    'a missing key',
    'faults:\n  CpuFailure:\n    ladder:\n      - {workflow: reboot, attempts: 1}',
    ['bad.yaml:4:9: faults.CpuFailure.ladder[0].per: is missing: add it'],
  ],
  ['broken YAML', 'a: [', ['bad.yaml:1:']],
  ['a key twice', 'http: {}\nhttp: {}', ['bad.yaml:2:1: Map keys must be unique']],
  ['a list at the top', '- a', ['bad.yaml:1:1: must be object']],
  [
    'a cluster without access',
    'clusters:\n  - name: a',
    ['bad.yaml:2:5: clusters[0]: give either kubeconfig or inCluster'],
  ],
  [
    'a cluster twice',
    'clusters:\n  - {name: a, inCluster: true}\n  - {name: a, inCluster: true}',
    ['bad.yaml:3:12: clusters[1].name: a is there twice'],
  ],
  [
    'a cluster name that is no label',
    'clusters: [{name: A_b, inCluster: true}]',
    ['bad.yaml:1:19: clusters[0].name: must match pattern'],
  ],
  [
    'Kafka without brokers',
    'eventLog:\n  kind: kafka',
    ['bad.yaml:2:3: eventLog.brokers: kafka needs at least one host:port'],
  ],
  [
    'brokers without Kafka',
    'eventLog:\n  brokers: [a:1]',
    ['bad.yaml:2:12: eventLog.brokers: has no effect with kind: embedded'],
  ],
  [
    'a session that ends between two heartbeats',
    'eventLog:\n  kind: kafka\n  brokers: [a:1]\n  sessionTimeout: 5s',
    ['bad.yaml:4:19: eventLog.sessionTimeout: must be at least 10s: copies are heard every 3 s'],
  ],
  [
    'a password in the connection',
    'journal:\n  kind: postgres\n  connection: postgres://u:p@h/d',
    ['bad.yaml:3:15: journal.connection: holds a password'],
  ],
  [
    'two sources of one secret',
    'drivers:\n  tickets:\n    url: http://t\n    tokenFile: a\n    tokenFrom: {env: B}',
    ['bad.yaml:3:5: drivers.tickets: both tokenFile and tokenFrom'],
  ],
  [
    'a user without password',
    'schemaRegistry: {kind: confluent, url: "http://r", username: u}',
    ['bad.yaml:1:17: schemaRegistry: has no password'],
  ],
  [
    'a notice after the deadline',
    'recipe:\n  minimumNotice: 2h',
    ['bad.yaml:2:18: recipe.minimumNotice: is longer than evacuationDeadline'],
  ],
  [
    'a verification that can not end',
    'recipe:\n  verifyDeadline: 20s',
    ['bad.yaml:2:19: recipe.verifyDeadline: leaves no time'],
  ],
  [
    'a node key that is none',
    'intake: {tokens: [{tokenFile: t, nodes: [n1]}]}',
    ['bad.yaml:1:42: intake.tokens[0].nodes[0]: "n1" is not <cluster>/<node>'],
  ],
  [
    'a port that is none',
    'http: {listen: "localhost:70000"}',
    ['bad.yaml:1:16: http.listen: port 70000 is higher'],
  ],
  [
    'a filter that does not parse',
    'webhooks: [{name: s, url: "http://s", secretFile: x, filter: {node: [n1]}}]',
    ['bad.yaml:1:62: webhooks[0].filter: node, value 1: "n1" is not like east/node-1'],
  ],
  [
    'a label that is not kept of nodes, and a selector that means nothing',
    [
      'webhooks:',
      '  - {name: s, url: "http://s", secretFile: x, filter: {labelSelector: "pool=gpu,rack=r1"}}',
      '  - {name: t, url: "http://t", secretFile: x, filter: {labelSelector: "rack is r1"}}',
    ].join('\n'),
    [
      'the label pool is not kept of nodes: add it to guard.labels',
      'webhooks[1].filter.labelSelector: "rack is r1" is none of label=value',
    ],
  ],
  [
    'a webhook whose answers nobody could wait for, without a secret, twice',
    'webhooks:\n  - {name: s, url: "http://s", secretFile: x}\n  - {name: s, url: "http://t", requestTimeout: 60s}',
    [
      'webhooks[1]: has no secret',
      'webhooks[1].name: s is there twice',
      'requestTimeout: must be at most 30s',
    ],
  ],
  [
    'a URL that is none',
    'drivers: {actions: {url: "ftp://x"}}',
    ['bad.yaml:1:26: drivers.actions.url: "ftp://x" is not an http:// or https:// URL'],
  ],
  [
    'two faults at once',
    'http: {listen: x}\nmode: {default: maybe}',
    [
      'bad.yaml:1:16: http.listen: must match',
      'bad.yaml:2:17: mode.default: "maybe" is not known here: use one of observe, active',
    ],
  ],
];

describe('given a bad file', () => {
  it.each(refused)('%s is refused with its place', (_what, source, expected) => {
    const problems = problemsOf(source);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((text, index) => {
      expect(problems[index]).toContain(text);
    });
  });

  it('a file that is not there is refused with what to do', () => {
    expect(() => loadConfiguration('/nowhere/faultline.yaml')).toThrow(
      /configuration .*nowhere.* can't be read \(ENOENT/,
    );
  });
});

describe('given a file whose guard alone is wrong, for whoever has an earlier policy to go by', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-beside-guard-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const written = (text: string): string => {
    const path = join(folder, 'faultline.yaml');
    writeFileSync(path, text);
    return path;
  };
  const file =
    'clusters: [{name: a, kubeconfig: k}]\nguard: {lookEvery: 0s, prometheus: {url: http://p:9}}\n';

  it('then the rest is taken, with where metrics are read', () => {
    const { clusters, guard } = loadBesideGuard(written(file));
    expect(clusters.map(({ name }) => name)).toEqual(['a']);
    expect(guard).toMatchObject({ lookEveryMs: 500, prometheus: { url: 'http://p:9' } });
  });

  it.each([
    ['another section', `${file}executor: {concurrency: 0}\n`, 'executor.concurrency'],
    ['where metrics are read', file.replace('http://p:9', 'ftp://p'), 'guard.prometheus.url'],
    ['what it is at all', 'guard: [', 'faultline.yaml:1:'],
  ])('then it is refused all the same where %s is wrong too', (_what, text, expected) => {
    expect(() => loadBesideGuard(written(text))).toThrow(expected);
  });
});

it('given an alias, then defaults that differ are filled in on both sides: the one had the defaults of the other', () => {
  const { severities } = parseConfiguration(
    `
clusters: [{name: a, kubeconfig: k}]
faults:
  NetworkFailure: &both {ladder: []}
  Undetermined: *both
`,
    'alias.yaml',
  );
  expect(severities).toMatchObject({ NetworkFailure: 'high', Undetermined: 'normal' });
});
