import { hostname } from 'node:os';

import fastify, { type FastifyInstance } from 'fastify';

import { eventSource } from '../../schemas/cloud-events.js';
import { consoleRoutes } from '../../services/console/console-routes.js';
import { EventStreams } from '../../services/console/events/event-streams.js';
import { createChangeGuard } from '../../services/guard/change-guard.js';
import { countersInUse } from '../../services/guard/counters-in-use.js';
import { createNodeLook } from '../../services/guard/look-at-node.js';
import { heedLeases } from '../../services/guard/heed-leases.js';
import { healthRoutes } from '../../services/intake/health-routes.js';
import { intakeRoutes } from '../../services/intake/intake-routes.js';
import type { TokenGrant } from '../../services/intake/options.js';
import type { Operator } from '../../services/console/operators.js';
import { noLooksNeeded } from '../../services/first-looks.js';
import { signalRecord } from '../../services/input-records.js';
import { NodeLabels } from '../../services/node-labels.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import { refuseWrongQueries } from './check-queries.js';
import type { ConfigurationSource } from './configuration-source.js';
import { openConnections, type Connections } from './connections.js';
import { GuardInForce } from './guard-in-force.js';
import { headStartOf } from './head-start.js';
import { startMetrics, type InstallationMetrics } from './metrics.js';
import { leasesOf } from './node-leases.js';
import type { ServiceName } from './service-names.js';
import { createStopping } from './stopping.js';
import { startServices } from './start-services.js';
import { startFirstLooks } from './start/first-looks.js';
import { goesByGuard, startGuardPolicy } from './start/guard-policy.js';
import type { RunningService, ServiceContext } from './start/running-service.js';
import type { Environment, Surroundings } from './surroundings.js';

/** Faultline at work in this process. */
export interface RunningInstallation {
  /** Of the HTTP listener. */
  readonly url: string;
  readonly id: string;
  readonly connections: Connections;
  /** Pieces of work under way in this process that time must not jump over. */
  underWay(): number;
  /** Every part is at work: reads its topics, has listed its nodes. */
  isReady(): boolean;
  /** Resolves after `stop`; rejects when a part can't go on: the process should then exit. */
  readonly ended: Promise<void>;
  /** Begins nothing new, finishes what is short, closes everything. Idempotent. */
  stop(): Promise<void>;
}

export interface InstallationOptions {
  readonly configuration: Configuration;
  readonly wanted: ReadonlySet<ServiceName>;
  readonly surroundings: Surroundings;
  /** Where the configuration came from, when its section `guard` is to be taken up anew while we run. */
  readonly source?: ConfigurationSource;
  /** Gives up a start that is under way; what runs is stopped by `stop`. */
  readonly interrupted: AbortSignal;
}

/** Who may report and who may order, with their secrets. */
interface Credentials {
  readonly reporters: ReadonlyMap<string, TokenGrant> | undefined;
  readonly operators: readonly Operator[];
}

function readCredentials({ intake, http }: Configuration, environment: Environment): Credentials {
  const reporters = intake.tokens.map(({ token, nodes }): [string, TokenGrant] => [
    readSecret(token, environment),
    { nodes },
  ]);
  return {
    reporters: reporters.length === 0 ? undefined : new Map(reporters),
    operators: http.operators.map(({ subject, token }) => ({
      subject,
      token: readSecret(token, environment),
    })),
  };
}

async function addIntake(
  server: FastifyInstance,
  context: ServiceContext,
  tokens: Credentials['reporters'],
): Promise<void> {
  const { configuration, connections, surroundings, installation } = context;
  const only = configuration.clusters.length === 1 ? configuration.clusters[0]?.name : undefined;
  await server.register(intakeRoutes, {
    eventLog: connections.eventLog,
    schemaIds: connections.schemaIds,
    clock: surroundings.clock,
    randomness: surroundings.randomness,
    source: eventSource(installation.id, 'intake'),
    ...(tokens === undefined ? {} : { tokens }),
    alertRules: configuration.intake.alertRules,
    bodyLimitBytes: configuration.intake.maximumBodyBytes,
    metrics: context.metrics,
    ...(only === undefined ? {} : { defaultCluster: only }),
  });
}

/** Of subscribers by HTTP: what all of them together hold in memory, and how many there may be. */
const streamLimits = {
  ringBytes: 16_777_216,
  heartbeatMs: 15_000,
  stallMs: 60_000,
  maximumStreams: 2_000,
};

async function addConsole(
  server: FastifyInstance,
  context: ServiceContext,
  operators: Credentials['operators'],
): Promise<void> {
  const { configuration, connections, surroundings, installation } = context;
  const { clock, randomness, log } = surroundings;
  const leases = leasesOf(context);
  await server.register(consoleRoutes, {
    history: connections.journal.history,
    labels: context.labels,
    epoch: installation.epoch,
    operators,
    deadLetters: {
      eventLog: connections.eventLog,
      book: connections.journal.deadLetters,
      now: () => clock.now(),
    },
    webhooks: {
      desk: connections.journal.webhookDesk,
      eventLog: connections.eventLog,
      topicsOf: (wanted) => configuration.webhooks.find(({ name }) => name === wanted)?.filter.topics,
      now: () => clock.now(),
      newId: () => randomness.uuid(),
    },
    guard: {
      book: connections.journal.guardBook,
      policies: connections.journal.guardPolicies,
      policyNow: () => {
        const refused = context.refusedGuard();
        return { version: context.guard().version, ...(refused === undefined ? {} : { refused }) };
      },
      changes: connections.journal.changeBook,
      inventory: connections.journal.inventory,
      clusters: configuration.clusters.map(({ name }) => name),
      labels: () => context.guard().labels,
      countersInUse: () =>
        countersInUse({
          ...{ book: connections.journal.guardBook, inventory: connections.journal.inventory },
          ...{ policy: context.guard().policy, now: clock.now() },
        }),
      now: () => clock.now(),
      newId: () => randomness.uuid(),
    },
    changes: {
      clusters: configuration.clusters.map(({ name }) => name),
      book: connections.journal.changeBook,
      permits: connections.journal.commands,
      guard: heedLeases(
        createChangeGuard({
          inventory: connections.journal.inventory,
          book: connections.journal.guardBook,
          policy: () => context.guard().policy,
          clock,
        }),
        leases,
      ),
      leases,
      healthOf: createNodeLook({
        ...{ inventory: connections.journal.inventory, history: connections.journal.history },
        ...{ policy: () => context.guard().policy, clock },
      }),
      isOnlyForHealthy: (operation) => context.guard().onlyHealthy.includes(operation),
      headStartMsOf: (faultType) => headStartOf(configuration, faultType),
      soakMsOf: (operation) => context.guard().soaksMs[operation],
      rolloutPauses: () => context.guard().rolloutPauses,
      clock,
      newId: () => randomness.uuid(),
    },
    streams: new EventStreams({
      eventLog: connections.eventLog,
      schemaIds: connections.schemaIds,
      clock,
      metrics: context.metrics,
      journal: {
        history: connections.journal.history,
        source: eventSource(installation.id, 'maintenance'),
      },
      ...streamLimits,
    }),
    onError: (error) => {
      log.error({ error: String(error) }, 'the console failed');
    },
    sendOrder: async (node, signal, { about, causeId = randomness.uuid() }) => {
      const source = eventSource(installation.id, 'console');
      const processId = signal.kind === 'Order' ? signal.order.processId : undefined;
      const origin = {
        id: causeId,
        source,
        at: clock.now(),
        ...(about === undefined ? {} : { causationId: about }),
        ...(processId === undefined ? {} : { correlationId: processId }),
      };
      const record = await signalRecord(connections.schemaIds, node, signal, origin);
      await connections.eventLog.append([record]);
      if (signal.kind === 'Order') context.metrics.orderGiven(signal.order.kind);
      return { causeId };
    },
  });
}

async function problemsOf(
  services: readonly RunningService[],
  { eventLog, journal: { journal }, schemaIds }: Connections,
): Promise<readonly string[]> {
  const problems = services.map((service) => service.problem()).filter((problem) => problem !== undefined);
  const answers = (what: string, ask: () => Promise<unknown>): Promise<readonly string[]> =>
    ask().then(
      () => [],
      (error: unknown) => [`${what}: ${error instanceof Error ? error.message : String(error)}`],
    );
  const unanswered = await Promise.all([
    answers('event log', () => eventLog.identify()),
    answers('journal', () => journal.installation()),
    answers('schema registry', () => schemaIds.idOf('ReportReceived')),
  ]);
  return [...problems, ...unanswered.flat()];
}

async function listen(
  context: ServiceContext,
  wanted: ReadonlySet<ServiceName>,
  parts: {
    readonly services: readonly RunningService[];
    readonly metrics: InstallationMetrics;
    readonly credentials: Credentials;
  },
): Promise<{ server: FastifyInstance; url: string }> {
  const { connections, configuration } = context;
  const { services, metrics } = parts;
  const { reporters, operators } = parts.credentials;
  const server = fastify({ logger: false, forceCloseConnections: true });
  await server.register(healthRoutes, {
    problems: () => problemsOf(services, connections),
    metrics: () =>
      metrics.render(new Map(services.map((service) => [service.name, service.problem() === undefined]))),
  });
  if (wanted.has('intake')) await addIntake(server, context, reporters);
  if (wanted.has('console')) await addConsole(server, context, operators);
  const { host, port } = configuration.http;
  const url = await server.listen({ host, port });
  return { server, url };
}

/** Starts the wanted parts of one installation in this process. Rejects, with nothing left open, when a dependency is missing. */
export async function startInstallation(options: InstallationOptions): Promise<RunningInstallation> {
  const { configuration, wanted, surroundings, source, interrupted } = options;
  const credentials = readCredentials(configuration, surroundings.environment);
  const connections = await openConnections(configuration, surroundings);
  const stopping = createStopping();
  const stop = (): void => {
    stopping.abort();
  };
  interrupted.addEventListener('abort', stop, { once: true });
  try {
    interrupted.throwIfAborted();
    const { id, epoch } = await connections.journal.journal.installation();
    const metrics = startMetrics({ configuration, connections, surroundings, wanted });
    const guard = new GuardInForce({
      started: configuration,
      inventory: connections.journal.inventory,
      refuseWrongQueries: async (given, mayWait) => {
        const { metricSource } = connections;
        if (metricSource !== undefined)
          await refuseWrongQueries(given, metricSource, { now: surroundings.clock.now(), mayWait });
      },
      policies: connections.journal.guardPolicies,
      copy: `${hostname()}/${process.pid}`,
      now: () => surroundings.clock.now(),
      log: surroundings.logOf('guard policy'),
      metrics: metrics.services,
    });
    if (source !== undefined && goesByGuard(wanted)) await guard.begin(() => source.read());
    const first = wanted.has('executor')
      ? await startFirstLooks(connections, surroundings, stopping.signal)
      : { looks: noLooksNeeded, services: [] };
    const context: ServiceContext = {
      configuration,
      connections,
      surroundings,
      installation: { id, epoch },
      looks: first.looks,
      metrics: metrics.services,
      guard: () => guard.section,
      refusedGuard: () => guard.refused,
      labels: new NodeLabels({
        inventory: connections.journal.inventory,
        clock: surroundings.clock,
        kept: () => ({ clusters: configuration.clusters, guard: guard.section }),
        onError: (error) => {
          surroundings.log.warn({ error }, 'the labels of nodes were not read; those known before hold');
        },
      }),
      signal: stopping.signal,
    };
    interrupted.throwIfAborted();
    const services = [
      ...first.services,
      ...startServices(context, wanted),
      ...(source === undefined || !goesByGuard(wanted) ? [] : [startGuardPolicy(context, guard, source)]),
    ];
    const { server, url } = await listen(context, wanted, { services, metrics, credentials });
    surroundings.log.info({ url, services: [...wanted], installation: id }, 'running');
    return running({ id, url, server, services, connections, stopping });
  } catch (error) {
    stopping.abort();
    await connections.close();
    throw error;
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
}

function running(parts: {
  readonly id: string;
  readonly url: string;
  readonly server: FastifyInstance;
  readonly services: readonly RunningService[];
  readonly connections: Connections;
  readonly stopping: AbortController;
}): RunningInstallation {
  const { id, url, server, services, connections, stopping } = parts;
  // A process with nothing but the listener has no part that could end: it goes on until it is stopped.
  const told = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => {
      resolve();
    });
  });
  const ended = Promise.all([told, ...services.map((service) => service.ended)]).then(() => undefined);
  // Whoever started it waits for `ended`; without a waiter a rejection must not bring the process down by itself.
  ended.catch(() => undefined);
  let stopped: Promise<void> | undefined;
  return {
    id,
    url,
    connections,
    ended,
    isReady: () => services.every((service) => service.problem() === undefined),
    underWay: () => services.reduce((sum, service) => sum + service.underWay(), 0),
    stop: () =>
      (stopped ??= (async () => {
        await server.close();
        stopping.abort();
        await Promise.allSettled(services.map((service) => service.ended));
        await connections.close();
      })()),
  };
}
