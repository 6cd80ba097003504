import type { Page } from './journal.js';

/** A policy of the guard that a copy of Faultline has taken up. */
export interface GuardPolicyVersion {
  /** Digest of the policy: the same version is the same policy. */
  readonly version: string;
  /** The section `guard` of the configuration with its defaults, as canonical JSON. */
  readonly policy: string;
  /** ms */
  readonly at: number;
  /** Which copy was the first. */
  readonly by: string;
}

/** Every policy that the guard went by. Nothing is ever changed or taken out. */
export interface GuardPolicies {
  /**
   * Keeps it unless the latest one is of the same version: a policy that comes back is kept again. Of several copies that take the same up at
   * the same time one is the first. False: it was the latest already.
   */
  record(taken: GuardPolicyVersion): Promise<boolean>;
  /** Newest first. */
  list(query: { readonly after?: string; readonly limit: number }): Promise<Page<GuardPolicyVersion>>;
}
