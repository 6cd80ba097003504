import { requestOf } from '../../../domain/permit-request.js';
import { streamOf } from '../../journal/stream-of.js';
import type { GuardHistory, RecordedOperation } from '../../ports/guard-history.js';
import type { StoredChange } from './changes.js';
import type { MemoryStore, StoredCommand } from './store.js';

const begun: readonly string[] = ['done', 'failed', 'unknown'];

export class MemoryGuardHistory implements GuardHistory {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  operations({ since }: Parameters<GuardHistory['operations']>[0]): AsyncIterable<RecordedOperation> {
    const { commands, changes } = this.#store;
    const all = [
      ...[...commands.values()].flatMap((stored) => this.#ofCommand(stored) ?? []),
      ...changes.all.flatMap((stored) => ofChange(stored) ?? []),
    ];
    const wanted = all.filter(
      ({ askedAt, chainEndedAt }) => askedAt >= since || chainEndedAt === undefined || chainEndedAt >= since,
    );
    return streamOf(wanted.sort((one, other) => one.askedAt - other.askedAt || (one.id < other.id ? -1 : 1)));
  }

  #ofCommand({
    command,
    createdAt,
    headStartMs,
    status,
    result,
  }: StoredCommand): RecordedOperation | undefined {
    const request = requestOf(command);
    if (request === undefined || command.mode !== 'active') return undefined;
    const { permits, facts, processes } = this.#store;
    const taken = permits.of(command.node).filter(({ commandId }) => commandId === command.id);
    const isOpen = status === 'waiting' || status === 'attempting';
    if (!isOpen && taken.length === 0 && !begun.includes(result?.status ?? '')) return undefined;
    const settled = (facts.get(command.node) ?? []).find(
      ({ fact: { type, data } }) => type === 'CommandSettled' && data['commandId'] === command.id,
    );
    const beganAt = taken.length === 0 ? undefined : Math.min(...taken.map(({ takenAt }) => takenAt));
    const chainEndedAt = processes.get(command.processId)?.endedAt;
    return {
      ...{ id: command.id, chain: command.processId, request, askedAt: createdAt, headStartMs },
      ...(beganAt === undefined ? {} : { beganAt }),
      ...(settled === undefined ? {} : { endedAt: settled.fact.at }),
      ...(chainEndedAt === undefined ? {} : { chainEndedAt }),
    };
  }
}

function ofChange({ change, rank, granted, ended }: StoredChange): RecordedOperation | undefined {
  if (change.rollout !== undefined) return undefined;
  const { id, operation, node, owner, faultType, askedAt } = change;
  if (ended !== undefined && granted === undefined) return undefined;
  return {
    ...{ id, chain: id, askedAt, headStartMs: askedAt - rank },
    request: { operation, node, owner, ...(faultType === undefined ? {} : { faultType }) },
    ...(granted === undefined ? {} : { beganAt: granted.at }),
    ...(ended === undefined ? {} : { endedAt: ended.at, chainEndedAt: ended.at }),
  };
}
