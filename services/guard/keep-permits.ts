import type { ChangeBook, ChangeRow } from '../../adapters/ports/change-book.js';
import type { KubernetesAnswer, KubernetesCluster, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import {
  annotation,
  permitLabel,
  permitOwnerAnnotation,
  pointerPart,
} from '../../adapters/ports/node-marks.js';
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

/** All permits of the cluster are looked at so often, for as long after the last grant as a late write is likely. */
const lookAtAllEveryMs = 30_000;
const lateWritesMs = 3_600_000;
/** And so often otherwise: what a copy wrote that died since, or somebody else, would stand there for ever. */
const restingLookEveryMs = 600_000;

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
  #lookedAtAllAt = -Infinity;
  #lastGrantAt: number;

  constructor(options: PermitKeeping) {
    this.#options = options;
    this.#lastGrantAt = options.clock.now();
  }

  async look(): Promise<void> {
    const { changes, clock, cluster } = this.#options;
    const now = clock.now();
    const inForce = new Map(
      (await changes.granted('delete-node')).flatMap((row): readonly [NodeKey, ChangeRow][] => {
        const { node } = row.change;
        const isHere = node !== undefined && namesOf(node).cluster === cluster.cluster;
        return isHere && isInForce(row, now) ? [[node, row]] : [];
      }),
    );
    if (inForce.size > 0) this.#lastGrantAt = now;
    for (const [node, id] of this.#written)
      if (inForce.get(node)?.change.id !== id) await this.#remove(node, id);
    const isRecent = now < this.#lastGrantAt + lateWritesMs;
    if (now >= this.#lookedAtAllAt + (isRecent ? lookAtAllEveryMs : restingLookEveryMs)) {
      await this.#lookAtAll();
      this.#lookedAtAllAt = now;
    }
    for (const [node, { change }] of inForce)
      if (this.#written.get(node) !== change.id && (await this.#write(node, change.id)))
        this.#written.set(node, change.id);
  }

  /** Takes away what is not in force, by whomever it was written, and has what somebody took away written again. */
  async #lookAtAll(): Promise<void> {
    const { cluster } = this.#options;
    const right = new Map<NodeKey, string>();
    for (const present of valueOf(await cluster.listNodesLabelled(permitLabel))) {
      const node = `${cluster.cluster}/${present.metadata.name}` as NodeKey;
      const id = permitOn(present);
      const owner = await this.#ownerOf(node, id);
      if (owner === undefined) await this.#remove(node, id);
      else if (annotation(present, permitOwnerAnnotation) === owner) right.set(node, id);
    }
    for (const [node, id] of this.#written) if (right.get(node) !== id) this.#written.delete(node);
  }

  /** Undefined: no change with this id has leave to delete the node. */
  async #ownerOf(node: NodeKey, id: string): Promise<string | undefined> {
    const { changes, clock } = this.#options;
    const row = isChangeId(id) ? await changes.find(id) : undefined;
    if (row?.change.node !== node || row.change.operation !== 'delete-node') return undefined;
    return isInForce(row, clock.now()) ? row.change.owner : undefined;
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
    const steps = [
      ...setKeys(present, 'labels', new Map([[permitLabel, id]])),
      ...setKeys(present, 'annotations', new Map([[permitOwnerAnnotation, row.change.owner]])),
    ];
    if (steps.length === 0) return true;
    const answer = await cluster.patchNode(namesOf(node).node, [...asRead(present), ...steps]);
    if (isOutOfDate(answer)) return false;
    valueOf(answer);
    log.info({ node, change: id, owner: row.change.owner }, 'a permit to delete a node was written on it');
    return true;
  }

  async #remove(node: NodeKey, id: string): Promise<void> {
    const read = await this.#options.cluster.getNode(namesOf(node).node);
    if (read.kind !== 'notFound') await this.#removeFrom(node, valueOf(read), id);
    if (this.#written.get(node) === id) this.#written.delete(node);
  }

  async #removeFrom(node: NodeKey, present: KubernetesNode, id: string): Promise<void> {
    if (permitOn(present) !== id) return;
    const { cluster, log } = this.#options;
    const answer = await cluster.patchNode(namesOf(node).node, [
      // Not the node as it was read: whatever else happens to it, this has to go.
      { op: 'test', path: `/metadata/labels/${pointerPart(permitLabel)}`, value: id },
      ...setKeys(present, 'labels', new Map([[permitLabel, undefined]])),
      ...setKeys(present, 'annotations', new Map([[permitOwnerAnnotation, undefined]])),
    ]);
    if (answer.kind === 'notFound' || isOutOfDate(answer)) return;
    valueOf(answer);
    log.info({ node, change: id }, 'a permit to delete a node was taken away: its change is over');
  }
}

function isInForce({ granted, soak, ended, leaseUntil }: ChangeRow, now: number): boolean {
  return granted !== undefined && soak === undefined && ended === undefined && leaseUntil > now;
}

function permitOn({ metadata }: KubernetesNode): string {
  return metadata.labels?.[permitLabel] ?? '';
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
