import type { ChangeBook, ChangeRow } from '../../adapters/ports/change-book.js';
import type { KubernetesAnswer, KubernetesCluster, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { permitLabel, pointerPart } from '../../adapters/ports/node-marks.js';
import { isChangeId, namesOf, type ChangeId, type NodeKey } from '../../domain/identifiers.js';
import { asRead, setKeys } from '../patch-steps.js';
import { pause, superviseLoop, type Supervision } from '../supervision.js';

export interface PermitKeeping extends Supervision {
  readonly cluster: Pick<KubernetesCluster, 'cluster' | 'getNode' | 'patchNode' | 'listNodesLabelled'>;
  readonly changes: Pick<ChangeBook, 'granted' | 'find'>;
  /** Whether nothing is to be written on that node. */
  readonly isWithheld: (node: NodeKey) => Promise<boolean>;
  /** What holds now: it may change from one look to the next. */
  readonly lookEveryMsNow: () => number;
}

/** The API server did not do what a permit needs; it is tried again. */
class PermitTrouble extends Error {
  override readonly name = 'PermitTrouble';
}

/** All permits of the cluster are looked at so often, for as long after the last grant as a late write may come. */
const lookAtAllEveryMs = 30_000;
const lateWritesMs = 3_600_000;

/**
 * Whoever has leave to delete a node is told so on the node, for admission to see, and nobody else is. It goes by the journal
 * alone, so any number of copies may run, and what one of them did not get done the next look of another one does.
 */
export function keepPermits(options: PermitKeeping): Promise<void> {
  const permits = new Permits(options);
  return superviseLoop('permits', options, async () => {
    await permits.look();
    await pause(options, options.lookEveryMsNow());
  });
}

class Permits {
  readonly #options: PermitKeeping;
  /** What this copy need not look at again before all is looked at. */
  readonly #written = new Map<NodeKey, ChangeId>();
  #lookAtAllAt = 0;
  #lastGrantAt: number;

  constructor(options: PermitKeeping) {
    this.#options = options;
    this.#lastGrantAt = options.clock.now();
  }

  async look(): Promise<void> {
    const { changes, clock, cluster } = this.#options;
    const now = clock.now();
    const rows = (await changes.granted('delete-node')).filter(
      (row) => isInForce(row, now) && namesOf(row.change.node).cluster === cluster.cluster,
    );
    if (rows.length > 0) this.#lastGrantAt = now;
    const inForce = new Map(rows.map((row) => [row.change.node, row]));
    for (const [node, id] of this.#written)
      if (inForce.get(node)?.change.id !== id) await this.#remove(node, id);
    if (now >= this.#lookAtAllAt && now < this.#lastGrantAt + lateWritesMs) {
      await this.#lookAtAll();
      this.#lookAtAllAt = now + lookAtAllEveryMs;
    }
    for (const [node, { change }] of inForce)
      if (this.#written.get(node) !== change.id && (await this.#write(node, change.id)))
        this.#written.set(node, change.id);
  }

  /** Takes away what is not in force, by whomever it was written, and has what somebody took away written again. */
  async #lookAtAll(): Promise<void> {
    const { cluster } = this.#options;
    const labelled = new Map<NodeKey, string>();
    for (const { metadata } of valueOf(await cluster.listNodesLabelled(permitLabel)))
      labelled.set(`${cluster.cluster}/${metadata.name}` as NodeKey, metadata.labels?.[permitLabel] ?? '');
    for (const [node, id] of labelled) if (!(await this.#mayHave(node, id))) await this.#remove(node, id);
    for (const [node, id] of this.#written) if (labelled.get(node) !== id) this.#written.delete(node);
  }

  async #mayHave(node: NodeKey, id: string): Promise<boolean> {
    const { changes, clock } = this.#options;
    const row = isChangeId(id) ? await changes.find(id) : undefined;
    return row?.change.node === node && row.change.operation === 'delete-node' && isInForce(row, clock.now());
  }

  /**
   * First the node is read, then the journal, and the patch holds only for the node as it was read: a copy that comes late writes
   * little that is no longer true, and what it does is taken away again. False: the next look has to try again.
   */
  async #write(node: NodeKey, id: ChangeId): Promise<boolean> {
    const { cluster, changes, clock, isWithheld, log } = this.#options;
    if (await isWithheld(node)) return true;
    const read = await cluster.getNode(namesOf(node).node);
    if (read.kind === 'notFound') return true;
    const present = valueOf(read);
    const row = await changes.find(id);
    if (row?.granted === undefined || !isInForce(row, clock.now())) return false;
    if (isYounger(present, row.granted.at)) {
      log.warn({ node, change: id }, 'no permit to delete a node that was made after leave was given');
      return true;
    }
    const steps = setKeys(present, 'labels', new Map([[permitLabel, id]]));
    if (steps.length === 0) return true;
    const answer = await cluster.patchNode(namesOf(node).node, [...asRead(present), ...steps]);
    if (isOutOfDate(answer)) return false;
    valueOf(answer);
    log.info({ node, change: id, owner: row.change.owner }, 'a permit to delete a node was written on it');
    return true;
  }

  async #remove(node: NodeKey, id: string): Promise<void> {
    const path = `/metadata/labels/${pointerPart(permitLabel)}`;
    const answer = await this.#options.cluster.patchNode(namesOf(node).node, [
      { op: 'test', path, value: id },
      { op: 'remove', path },
    ]);
    if (answer.kind !== 'notFound' && !isOutOfDate(answer)) {
      valueOf(answer);
      this.#options.log.info(
        { node, change: id },
        'a permit to delete a node was taken away: its change is over',
      );
    }
    if (this.#written.get(node) === id) this.#written.delete(node);
  }
}

function isInForce({ granted, soak, ended, leaseUntil }: ChangeRow, now: number): boolean {
  return granted !== undefined && soak === undefined && ended === undefined && leaseUntil > now;
}

/** The API server tells the second. */
function isYounger({ metadata: { creationTimestamp } }: KubernetesNode, at: number): boolean {
  return creationTimestamp === undefined || Date.parse(creationTimestamp) >= Math.floor(at / 1_000) * 1_000;
}

/** It has changed since it was read: the next look reads it again. */
function isOutOfDate({ kind }: KubernetesAnswer<unknown>): boolean {
  return kind === 'conflict' || kind === 'unprocessable';
}

/** @throws PermitTrouble */
function valueOf<Value>(answer: KubernetesAnswer<Value>): Value {
  if (answer.kind === 'ok') return answer.value;
  const message = 'message' in answer ? `: ${answer.message}` : '';
  throw new PermitTrouble(`permits can't be looked after, the API server answered ${answer.kind}${message}`);
}
