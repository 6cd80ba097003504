import { healthy } from './kubernetes.js';
import { kafkaAnswers } from './kafka.js';
import { redfishAnswers } from './redfish.js';
import { schemaRegistryAnswers } from './schema-registry.js';
import { readEndpoints, recordedProcesses, type Endpoints } from './stack-state.js';
import { isRunning, type ProcessRecord } from './supervised.js';

export interface ComponentStatus {
  readonly component: string;
  readonly pid: number;
  readonly port: number | undefined;
  readonly ready: boolean;
  readonly log: string;
}

export interface StackStatus {
  readonly running: boolean;
  readonly components: readonly ComponentStatus[];
  readonly endpoints: Endpoints | undefined;
}

/** Where a component is reached, and a question that only a component in order answers. */
function probe(
  record: ProcessRecord,
  endpoints: Endpoints,
): { address: string; ask?: () => Promise<boolean> } | undefined {
  const { kafka, schemaRegistry, postgres, kubernetes, redfish } = endpoints;
  const broker = /^kafka-(\d)$/.exec(record.name)?.[1];
  if (broker !== undefined) {
    const address = kafka.bootstrapServers[Number(broker) - 1] ?? '';
    return { address: `kafka://${address}`, ask: () => kafkaAnswers(address, kafka.bootstrapServers.length) };
  }
  switch (record.name) {
    case 'schema-registry':
      return { address: schemaRegistry.url, ask: () => schemaRegistryAnswers(schemaRegistry.url) };
    case 'redfish':
      return { address: redfish.url, ask: () => redfishAnswers(redfish.url) };
    case 'postgres':
      return { address: postgres.connectionString };
    case `${kubernetes.name}/kube-apiserver`:
      return { address: kubernetes.server, ask: () => healthy(`${kubernetes.server}/readyz`) };
    default:
      return undefined;
  }
}

async function statusOf(record: ProcessRecord, endpoints: Endpoints | undefined): Promise<ComponentStatus> {
  const found = endpoints === undefined ? undefined : probe(record, endpoints);
  const alive = isRunning(record);
  const ready = alive && (found?.ask === undefined || (await found.ask().catch(() => false)));
  const port = found === undefined ? undefined : Number(new URL(found.address).port);
  return { component: record.name, pid: record.pid, port, ready, log: record.log };
}

/** Each process that `up` started, whether it lives and answers now. */
export async function statusOfStack(folder: string): Promise<StackStatus> {
  const endpoints = await readEndpoints(folder);
  const records = await recordedProcesses(folder);
  const components = await Promise.all(records.map((record) => statusOf(record, endpoints)));
  const running = endpoints !== undefined && components.length > 0 && components.every(({ ready }) => ready);
  return { running, components, endpoints };
}

/** The status as a table for people. */
export function statusTable({ components }: StackStatus): string {
  if (components.length === 0) return 'Nothing is running. Start it: npm run stack up';
  const rows = [
    ['COMPONENT', 'PID', 'PORT', 'READY'],
    ...components.map((one) => [
      one.component,
      String(one.pid),
      one.port === undefined ? '-' : String(one.port),
      one.ready ? 'yes' : `no, see ${one.log}`,
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => (name ?? '').length));
  return rows
    .map(([name = '', pid = '', port = '', ready = '']) =>
      `${name.padEnd(width)}  ${pid.padEnd(8)}  ${port.padEnd(6)}  ${ready}`.trimEnd(),
    )
    .join('\n');
}
