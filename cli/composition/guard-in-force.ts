import type { GuardPolicies } from '../../adapters/ports/guard-policies.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import type { Log } from '../../adapters/ports/log.js';
import type { GuardPolicyMetrics } from '../../adapters/ports/metrics.js';
import { sameJson } from '../../domain/json.js';
import type { Configuration } from '../configuration/configuration.js';
import { fleetProblems } from '../configuration/fleet-problems.js';
import {
  isOfGuardAlone,
  parseLocatedConfiguration,
  withEarlierGuard,
  type LocatedConfiguration,
} from '../configuration/load.js';
import { ConfigurationInvalid, ConfigurationUnreadable } from '../configuration/problems.js';

export interface GuardInForceOptions {
  /** That which this process was started with. */
  readonly started: Configuration;
  readonly inventory: Pick<FleetInventory, 'picture'>;
  /**
   * Asks whatever has to be asked about business metrics. @throws ConfigurationInvalid for what will never give a number
   * @param mayWait whether another policy holds meanwhile
   */
  readonly refuseWrongQueries: (given: LocatedConfiguration, mayWait: boolean) => Promise<void>;
  /** Where each policy is kept that is taken up. */
  readonly policies: Pick<GuardPolicies, 'record' | 'list'>;
  /** Name of this copy. */
  readonly copy: string;
  readonly now: () => number;
  readonly log: Log;
  readonly metrics: GuardPolicyMetrics;
}

/** Why a file does not hold. */
export interface PolicyRefusal {
  /** File, line and what is wrong, one in each line. */
  readonly reason: string;
  /** Since when this process has refused what the file says, ms. */
  readonly since: number;
}

/**
 * The guard's section by which this process goes. A better one takes its place as a whole; one that is refused changes nothing, whatever
 * is wrong with it.
 */
export class GuardInForce {
  readonly #options: GuardInForceOptions;
  #section: Configuration['guard'];
  #isJudged = false;
  /** What was said last, so that it is said once. */
  #refusal: PolicyRefusal | undefined;
  #fixedDigest: string;

  constructor(options: GuardInForceOptions) {
    this.#options = options;
    this.#section = options.started.guard;
    this.#fixedDigest = options.started.fixedDigest;
  }

  get section(): Configuration['guard'] {
    return this.#section;
  }

  /** What the file says that does not hold. Undefined: it holds. */
  get refused(): PolicyRefusal | undefined {
    return this.#refusal;
  }

  /**
   * At the start: what would be refused while we run is refused now as well, and the latest policy of the journal goes on. Where there is
   * none that could, the file holds, as at the very first start, unless it is wrong in itself or asks what Prometheus will never take.
   * @throws ConfigurationUnreadable, ConfigurationInvalid if there is no such file any more, or it can't hold and nothing else could
   */
  async begin(read: () => string): Promise<void> {
    const { started, policies } = this.#options;
    const [latest] = (await policies.list({ limit: 1 })).rows;
    const source = read();
    const before = (): Configuration['guard'] | undefined =>
      latest === undefined ? undefined : withEarlierGuard(source, started.path, latest.policy)?.guard;
    try {
      const located = parseLocatedConfiguration(source, started.path);
      await this.#beginWith(located, before());
    } catch (error) {
      if (!(error instanceof ConfigurationInvalid) || !isOfGuardAlone(error)) throw error;
      const earlier = before();
      if (earlier === undefined) throw error;
      await this.#record(earlier);
      this.#section = earlier;
      this.#options.metrics.policyInForce(earlier.version);
      this.#refuse(error.message);
    }
  }

  /** @throws ConfigurationInvalid if it does not hold */
  async #beginWith(located: LocatedConfiguration, before: Configuration['guard'] | undefined): Promise<void> {
    const { guard } = located.configuration;
    this.#refuseWhatTakesARestart(located);
    // A release with one more default tells the same policy by another version.
    if (before === undefined) await this.#options.refuseWrongQueries(located, false);
    else if (before.version === guard.version) await this.#warnOfQueries(located);
    else await this.#judge(located, before.labels);
    this.#section = guard;
  }

  /**
   * Takes up what a file says, or refuses it. The same again does nothing.
   * @param read may throw as reading and compiling a configuration does
   * @returns whether it holds now. Rejects as the journal does; then nothing has changed
   */
  async offer(read: () => string): Promise<boolean> {
    const { started, log, metrics } = this.#options;
    try {
      const located = parseLocatedConfiguration(read(), started.path);
      await this.#take(located);
      this.#tellOfRest(located.configuration);
      if (this.#refusal !== undefined)
        log.info({ policy: this.#section.version }, 'the guard policy is right again');
      this.#refusal = undefined;
      metrics.policyRefused(false);
      return true;
    } catch (error) {
      if (!(error instanceof ConfigurationInvalid || error instanceof ConfigurationUnreadable)) throw error;
      this.#refuse(error.message);
      return false;
    }
  }

  /** @throws ConfigurationInvalid when it names what the fleet does not have */
  async #take(located: LocatedConfiguration): Promise<void> {
    const { log, metrics } = this.#options;
    const { guard } = located.configuration;
    const isNew = guard.version !== this.#section.version;
    if (isNew || !this.#isJudged) {
      if (isNew) {
        this.#refuseWhatTakesARestart(located);
        await this.#judge(located, this.#section.labels);
      } else {
        // What holds since the start is not taken away: it may speak of a pool that is to come.
        const invalid = await this.#unknownToFleet(located, this.#section.labels);
        if (invalid !== undefined)
          log.warn({ policy: guard.version }, `the guard policy: ${invalid.message}`);
      }
      await this.#record(guard);
    }
    if (isNew) {
      log.info(
        { policy: guard.version, before: this.#section.version },
        'another guard policy holds from now on',
      );
      this.#section = guard;
    }
    this.#isJudged = true;
    metrics.policyInForce(guard.version);
  }

  /**
   * @param labels those that the inventory keeps by now
   * @throws ConfigurationInvalid
   */
  async #judge(located: LocatedConfiguration, labels: readonly string[]): Promise<void> {
    const invalid = await this.#unknownToFleet(located, labels);
    if (invalid !== undefined) throw invalid;
    await this.#options.refuseWrongQueries(located, true);
  }

  /** What was in force before is not taken away: Prometheus may have been away when it was taken up. */
  async #warnOfQueries(located: LocatedConfiguration): Promise<void> {
    const { log, refuseWrongQueries } = this.#options;
    try {
      await refuseWrongQueries(located, false);
    } catch (error) {
      if (!(error instanceof ConfigurationInvalid)) throw error;
      log.warn({ policy: this.#section.version }, `the guard policy: ${error.message}`);
    }
  }

  async #unknownToFleet(
    located: LocatedConfiguration,
    labels: readonly string[],
  ): Promise<ConfigurationInvalid | undefined> {
    const { started, inventory } = this.#options;
    const problems = await fleetProblems(located, inventory, labels);
    return problems.length === 0 ? undefined : new ConfigurationInvalid(started.path, problems);
  }

  /** Metrics that nobody reads would hold everything. */
  #refuseWhatTakesARestart({ configuration, problemAt }: LocatedConfiguration): void {
    const { started } = this.#options;
    if (sameJson(configuration.guard.prometheus, started.guard.prometheus)) return;
    const reason = 'is connected to at the start: put it back, or start anew with it';
    throw new ConfigurationInvalid(started.path, [problemAt(['guard', 'prometheus'], reason)]);
  }

  /** Before it holds: nothing is done by a policy that nobody can look up afterwards. */
  async #record({ version, text }: Configuration['guard']): Promise<void> {
    const { policies, copy, now } = this.#options;
    await policies.record({ version, policy: text, at: now(), by: copy });
  }

  #tellOfRest({ fixedDigest }: Configuration): void {
    const { started, log } = this.#options;
    if (fixedDigest !== this.#fixedDigest && fixedDigest !== started.fixedDigest)
      log.warn(
        { configuration: started.path },
        'the configuration has changed in other sections than guard: what they say takes a restart',
      );
    this.#fixedDigest = fixedDigest;
  }

  #refuse(reason: string): void {
    const { log, metrics, now } = this.#options;
    if (reason !== this.#refusal?.reason)
      log.error(
        { policy: this.#section.version },
        `the guard policy in the file is refused, and the one before stays in force: ${reason}`,
      );
    this.#refusal = { reason, since: this.#refusal?.since ?? now() };
    metrics.policyRefused(true);
  }
}
