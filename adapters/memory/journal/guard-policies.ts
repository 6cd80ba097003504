import type { GuardPolicies, GuardPolicyVersion } from '../../ports/guard-policies.js';
import type { Page } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryGuardPolicies implements GuardPolicies {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async record(taken: GuardPolicyVersion): Promise<boolean> {
    const { guardPolicies } = this.#store;
    if (guardPolicies.at(-1)?.version === taken.version) return false;
    guardPolicies.push({ ...taken });
    return true;
  }

  async list({ after, limit }: Parameters<GuardPolicies['list']>[0]): Promise<Page<GuardPolicyVersion>> {
    const { guardPolicies } = this.#store;
    const end = after === undefined ? guardPolicies.length : Number(after) - 1;
    const begin = Math.max(0, end - limit);
    const rows = guardPolicies.slice(begin, end).reverse();
    return { rows, ...(rows.length < limit ? {} : { next: String(begin + 1) }) };
  }
}
