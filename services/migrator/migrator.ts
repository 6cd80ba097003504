import type { PodReference } from '../../domain/command.js';
import { namesOf } from '../../domain/identifiers.js';
import type { MigrationReply, MigrationStatus } from '../../domain/signal.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { KubernetesCluster } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import type { MigrationRequest } from './migration-request.js';
import { noLooksNeeded, type FirstLooks } from '../first-looks.js';
import { insist } from '../insist.js';
import { Workload, workingClock } from '../workload.js';
import { labelPod, movePod } from './move-pod.js';

export interface MigratorOptions {
  /** By name of the cluster. */
  readonly clusters: ReadonlyMap<string, KubernetesCluster>;
  /** Clusters that may not be acted on yet; without it: none. */
  readonly firstLooks?: Pick<FirstLooks, 'over'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Resolves when the log has the reply to this request. */
  readonly reply: (request: MigrationRequest, reply: MigrationReply) => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Name under which it replies. */
  readonly name: string;
  readonly pollMs: number;
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

export interface Migrator {
  /**
   * Resolves true when every pod of the request has had its last reply, false when the migrator is stopping: then the
   * request has to be given again. Handling a request again, also while it is being handled, does nothing twice.
   */
  handle(request: MigrationRequest): Promise<boolean>;
  /** Pieces of work that are not just waiting for time to pass. */
  underWay(): number;
}

/**
 * Moves pods by evicting them. Remembers nothing that lasts: the log gives it unfinished requests again, and the marks
 * on the pods say whether they are still wanted. Its evictions are covered by the `migrate` permit of the process.
 */
export function createMigrator(options: MigratorOptions): Migrator {
  const underWay = new Map<string, Promise<boolean>>();
  const workload = new Workload();
  const clock = workingClock(options.clock, workload);
  return {
    underWay: () => workload.active,
    handle(request) {
      const running = underWay.get(request.requestId);
      if (running !== undefined) return running;
      const work = moveAll({ ...options, clock }, request, workload).finally(() =>
        underWay.delete(request.requestId),
      );
      underWay.set(request.requestId, work);
      return work;
    },
  };
}

async function moveAll(
  options: MigratorOptions,
  request: MigrationRequest,
  workload: Workload,
): Promise<boolean> {
  const { cluster: name } = namesOf(request.node);
  const cluster = options.clusters.get(name);
  const { firstLooks = noLooksNeeded, signal } = options;
  await firstLooks.over(name, signal);
  if (signal.aborted) return false;
  const finished = await Promise.all(
    request.pods.map(async (pod) => {
      workload.begin();
      try {
        if (cluster !== undefined) return await moveOne(options, request, cluster, pod);
        return await say(options, request, pod, 'refused', 'UnknownCluster');
      } finally {
        workload.end();
      }
    }),
  );
  return finished.every((done) => done);
}

async function moveOne(
  options: MigratorOptions,
  request: MigrationRequest,
  cluster: KubernetesCluster,
  pod: PodReference,
): Promise<boolean> {
  if (!(await say(options, request, pod, 'accepted'))) return false;
  const { processId } = request;
  await labelPod(cluster, pod, { processId, status: 'accepted' });
  const { clock, randomness, signal: stopping, pollMs, firstRetryMs, longestRetryMs } = options;
  const ending = await movePod(
    { cluster, request, clock, randomness, stopping, pollMs, firstRetryMs, longestRetryMs },
    pod,
  );
  if (ending === undefined) return false;
  if (ending.status === 'refused' && ending.reason !== 'Withdrawn') {
    await labelPod(cluster, pod, { processId, status: 'refused' });
  }
  return say(options, request, pod, ending.status, ending.reason);
}

/** Says it until the log has it. False: stopped before. */
async function say(
  options: MigratorOptions,
  request: MigrationRequest,
  pod: PodReference,
  status: MigrationStatus,
  reason?: string,
): Promise<boolean> {
  const { firstRetryMs: firstMs, longestRetryMs: longestMs, name: by } = options;
  const { requestId, processId } = request;
  const reply = { requestId, processId, pod, status, by, ...(reason === undefined ? {} : { reason }) };
  return insist(options, 'a migration reply', () => options.reply(request, reply), { firstMs, longestMs });
}
