import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanups } from '../stack/site.js';
import { freePorts } from '../stack/free-port.js';
import { certificateAuthorityOf, journalVia, startRecordingGate, type ChaosSite } from './chaos-site.js';
import { writeCopyConfiguration, writeKubeconfigVia, type CopyAddresses } from './copy-configuration.js';
import { FaultlineCopy } from './faultline-copy.js';
import { HttpGate } from './gates/http-gate.js';
import { PostgresGate } from './gates/postgres-gate.js';
import { copies, services, type CopyName, type Service } from './kill-plan.js';
import { cameTrue } from './patience.js';

/** Where a copy can be caught in the act; only those that something is planned for stand behind gates. */
interface Gates {
  readonly postgres?: PostgresGate;
  readonly kubernetes?: HttpGate;
  readonly bmcs?: HttpGate;
}

export interface GatedCopy {
  readonly copy: FaultlineCopy;
  readonly gates: Gates;
}

export type Installation = ReadonlyMap<CopyName, GatedCopy>;

/** What was asked of BMCs, and of tickets and actions: the witness reads these. */
export function witnessLogs({ folder }: ChaosSite): { readonly bmcs: string; readonly webhook: string } {
  return { bmcs: join(folder, 'bmcs.jsonl'), webhook: join(folder, 'webhook.jsonl') };
}

interface Place {
  readonly site: ChaosSite;
  readonly cleanups: Cleanups;
  readonly folder: string;
  readonly port: number;
}

/** Services that are caught as they note something in the journal. */
const marking: ReadonlySet<Service> = new Set<Service>(['maintenance', 'relay', 'webhooks', 'tracer']);

async function gatesOf(service: Service, { site, cleanups }: Place): Promise<Gates & { webhook?: HttpGate }> {
  const kept = <Gate extends { stop(): Promise<void> }>(gate: Gate): Gate => {
    cleanups.add(() => gate.stop());
    return gate;
  };
  if (marking.has(service)) {
    return { postgres: kept(await PostgresGate.start(site.ways.postgres)) };
  }
  if (service !== 'executor') return {};
  const logs = witnessLogs(site);
  const kubernetes = await HttpGate.start({
    upstream: `https://127.0.0.1:${site.ways.kubernetes}`,
    certificateAuthority: await certificateAuthorityOf(site),
  });
  return {
    kubernetes: kept(kubernetes),
    bmcs: kept(await startRecordingGate(site.machines.bmcs, logs.bmcs)),
    webhook: kept(await startRecordingGate(site.machines.webhook, logs.webhook)),
  };
}

async function startCopy(service: Service, name: CopyName, place: Place): Promise<GatedCopy> {
  const { site, cleanups, folder, port } = place;
  await mkdir(folder, { recursive: true });
  const { webhook, ...gates } = await gatesOf(service, place);
  const server = gates.kubernetes?.url ?? `https://127.0.0.1:${site.ways.kubernetes}`;
  const addresses: CopyAddresses = {
    port,
    brokers: (['kafka-1', 'kafka-2', 'kafka-3'] as const).map((way) => `127.0.0.1:${site.ways[way]}`),
    journal: await journalVia(site, folder, gates.postgres?.port ?? site.ways.postgres),
    registry: site.registry,
    kubeconfig: await writeKubeconfigVia(folder, site.kubernetes.kubeconfigOf('faultline'), server),
    bmcs: gates.bmcs?.url ?? site.machines.bmcs,
    webhook: webhook?.url ?? site.machines.webhook,
    audience: site.audience,
  };
  const systemOf = new Map(
    site.machines.fleet.machines.map(({ name: node, systemUuid }) => [node, systemUuid]),
  );
  const copy = await FaultlineCopy.start({
    name,
    service,
    configuration: await writeCopyConfiguration(folder, addresses, systemOf),
    folder,
    url: `http://127.0.0.1:${port}`,
    restartAfterMs: 1_000,
  });
  cleanups.add(() => copy.stop());
  return { copy, gates };
}

/** Two copies of each service, each a process of its own with its own ways and gates. They need not be ready yet. */
export async function startInstallation(cleanups: Cleanups, site: ChaosSite): Promise<Installation> {
  const installation = new Map<CopyName, GatedCopy>();
  const ports = [...(await freePorts(services.length * copies.length))];
  for (const service of services) {
    for (const number of copies) {
      const name: CopyName = `${service}-${number}`;
      const place = { site, cleanups, folder: join(site.folder, name), port: ports.pop() ?? 0 };
      installation.set(name, await startCopy(service, name, place));
    }
  }
  return installation;
}

/** Resolves when every copy says that it can work. @throws naming those that don't, and why, when the patience has ended */
export async function untilAllReady(installation: Installation, patienceMs: number): Promise<void> {
  let waiting: readonly (readonly [FaultlineCopy, string])[] = [];
  const areReady = async (): Promise<boolean> => {
    const looks = await Promise.all(
      [...installation.values()].map(async ({ copy }) => [copy, await copy.whyNotReady()] as const),
    );
    waiting = looks.flatMap(([copy, why]) => (why === undefined ? [] : [[copy, why] as const]));
    return waiting.length === 0;
  };
  if (await cameTrue(areReady, { patienceMs, everyMs: 500 })) return;
  const told = waiting.map(async ([copy, why]) => `${copy.name}: ${why}\n${await copy.lastWords()}`);
  throw new Error(`not ready within ${patienceMs / 1000} s:\n${(await Promise.all(told)).join('\n')}`);
}
