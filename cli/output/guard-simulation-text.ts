import type {
  GuardSimulation,
  HeldOperationItem,
  PlayedHoldItem,
  PlayedOperationItem,
  PlayedTripItem,
} from '../forms/guard-simulation.js';
import { spanOf } from './age.js';
import { renderTable, type Column } from './table.js';

const wait = (seconds: number): string => spanOf(seconds * 1_000);

const operationColumns: readonly Column<PlayedOperationItem>[] = [
  { title: 'OPERATION', text: ({ operation }) => operation },
  { title: 'ASKED', text: ({ asked }) => String(asked) },
  { title: 'AT ONCE', text: ({ atOnce }) => String(atOnce) },
  { title: 'HELD', text: ({ held }) => String(held) },
  { title: 'P50', text: ({ p50 }) => wait(p50) },
  { title: 'P95', text: ({ p95 }) => wait(p95) },
  { title: 'LONGEST', text: ({ longest }) => wait(longest) },
  { title: 'STILL WAITING', text: ({ stillWaiting }) => String(stillWaiting) },
  { title: 'HELD IN FACT', text: ({ inFact: { held } }) => String(held) },
  { title: 'P95 IN FACT', text: ({ inFact: { p95 } }) => wait(p95) },
  { title: 'LONGEST IN FACT', text: ({ inFact: { longest } }) => wait(longest) },
  { title: 'NOT KNOWN', text: ({ inFact: { unknown } }) => String(unknown) },
];

const holdColumns: readonly Column<PlayedHoldItem>[] = [
  { title: 'HELD BY', text: ({ by }) => by },
  { title: 'HELD', text: ({ held }) => String(held) },
  { title: 'P50', text: ({ p50 }) => wait(p50) },
  { title: 'P95', text: ({ p95 }) => wait(p95) },
  { title: 'LONGEST', text: ({ longest }) => wait(longest) },
];

const tripColumns: readonly Column<PlayedTripItem>[] = [
  { title: 'TRIPPED AT', text: ({ at }) => at },
  { title: 'BREAKER', text: ({ breaker }) => breaker },
  { title: 'COUNTED TOGETHER', text: ({ common }) => common },
  { title: 'NODES', text: ({ nodes }) => String(nodes) },
];

const heldColumns: readonly Column<HeldOperationItem>[] = [
  { title: 'NODE', text: ({ cluster, node }) => `${cluster}/${node}` },
  { title: 'OPERATION', text: ({ operation }) => operation },
  { title: 'ASKED AT', text: ({ askedAt }) => askedAt },
  { title: 'WAITED', text: ({ waited }) => (waited === undefined ? 'still' : wait(waited)) },
  { title: 'IN FACT', text: ({ waitedInFact }) => (waitedInFact === undefined ? '-' : wait(waitedInFact)) },
  { title: 'HELD LONGEST BY', text: ({ by }) => by },
];

/** What a policy would have done, for people: first what was held, and last what nobody can know. */
export function guardSimulationText(played: GuardSimulation, colour: boolean): string {
  const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] =>
    rows.length === 0 ? [] : [renderTable(columns, rows, { wide: false, colour })];
  const { policy, since, until, operations, heldBy, trips, first, leftOut, notKnown } = played;
  return [
    `policy ${policy} on what was asked for from ${since} to ${until}${operations.length === 0 ? ': nothing' : ''}\n`,
    ...table(operationColumns, operations),
    ...table(holdColumns, heldBy),
    `breakers that would have tripped: ${trips.length === 0 ? 'none' : trips.length}\n${table(tripColumns, trips).join('')}`,
    ...(first.length === 0
      ? []
      : [`the first that would have been held:\n${table(heldColumns, first).join('')}`]),
    `left out, of nodes that the inventory does not know: ${leftOut.operations} operations, ${leftOut.faults} faults\n`,
    `not known:\n${notKnown.map((one) => `  ${one}\n`).join('')}`,
  ].join('\n');
}
