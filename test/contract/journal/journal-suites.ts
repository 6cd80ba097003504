import { describe } from 'vitest';
import { advanceSuite } from './advance-suite.js';
import { archiveSuite } from './archive-suite.js';
import { budgetsSuite } from './budgets-suite.js';
import { changesSuite } from './changes-suite.js';
import { commandsSuite } from './commands-suite.js';
import { deadLettersSuite } from './dead-letters-suite.js';
import { fenceSuite } from './fence-suite.js';
import { forgottenSuite } from './forgotten-suite.js';
import { guardHistorySuite } from './guard-history-suite.js';
import { guardPoliciesSuite } from './guard-policies-suite.js';
import { guardSuite } from './guard-suite.js';
import type { Harness } from './harness.js';
import { keptRoomsSuite } from './kept-rooms-suite.js';
import { linesSuite } from './lines-suite.js';
import { lostInputSuite } from './lost-input-suite.js';
import { madeAgainSuite } from './made-again-suite.js';
import { nodeStatesSuite } from './node-states-suite.js';
import { outOfServiceSuite } from './out-of-service-suite.js';
import { parkingSuite } from './parking-suite.js';
import { positionsSuite } from './positions-suite.js';
import { repeatsSuite } from './repeats-suite.js';
import { rolloutsSuite } from './rollouts-suite.js';
import { sendingSuite } from './sending-suite.js';
import { webhooksSuite } from './webhooks-suite.js';

/** How many schedules each property is tried with: a journal in memory has time for more. */
export interface Runs {
  readonly archive: number;
  readonly fence: number;
  readonly madeAgain: number;
  readonly repeats: number;
}

const suites: readonly (readonly [name: string, suite: (harness: () => Harness) => void])[] = [
  ['advancing', advanceSuite],
  ['commands', commandsSuite],
  ['budgets', budgetsSuite],
  ['lines', linesSuite],
  ['kept rooms', keptRoomsSuite],
  ['out of service', outOfServiceSuite],
  ['the guard', guardSuite],
  ['policies of the guard', guardPoliciesSuite],
  ['history of the guard', guardHistorySuite],
  ['changes', changesSuite],
  ['rollouts', rolloutsSuite],
  ['dead letters', deadLettersSuite],
  ['lost input', lostInputSuite],
  ['what the log forgot', forgottenSuite],
  ['node states', nodeStatesSuite],
  ['parking', parkingSuite],
  ['positions', positionsSuite],
  ['sending', sendingSuite],
  ['webhooks', webhooksSuite],
];

/** Tried with random schedules. */
const properties: readonly (readonly [
  name: string,
  suite: (harness: () => Harness, numRuns: number) => void,
  runs: keyof Runs,
])[] = [
  ['archiving', archiveSuite, 'archive'],
  ['fencing', fenceSuite, 'fence'],
  ['events made again', madeAgainSuite, 'madeAgain'],
  ['repeats', repeatsSuite, 'repeats'],
];

/**
 * Everything that a journal promises. Each suite is a group of its own, so that a test has the installation of its own suite only: hooks
 * of all of them made twenty databases for each.
 */
export function journalSuites(harness: Harness, runs: Runs): void {
  describe.each(suites)('%s', (_name, suite) => {
    suite(() => harness);
  });
  describe.each(properties)('%s', (_name, suite, numRuns) => {
    suite(() => harness, runs[numRuns]);
  });
}
