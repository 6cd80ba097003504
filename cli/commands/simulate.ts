import { join } from 'node:path';

import { Command, Option } from 'commander';

import { packageRoot } from '../../schemas/package-root.js';
import { outagesOf, type OutageOf } from '../../world/record/outage.js';
import type { SimulationResult } from '../composition/simulate.js';
import { CommandFailed } from '../errors.js';
import { printDocument, type OutputFormat } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import { outputOption, positiveNumber, wholeNumber } from './common.js';

interface SimulateFlags {
  readonly record: string;
  readonly nodes: number;
  readonly days?: number;
  readonly seed: number;
  readonly outage?: number;
  readonly outageOf: OutageOf;
  readonly output: OutputFormat;
}

function summaryOf(result: SimulationResult): string {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const { rows, rowsByFate, processes, outcomes, effects, timeToRecoverMinutes } = result;
  return [
    `rows          ${rows}: ${counts(rowsByFate)}`,
    `processes     ${processes.started} started, ${processes.ended} ended: ${counts(outcomes)}`,
    `effects       ${counts(effects)}`,
    `to recover    p50 ${timeToRecoverMinutes.p50} min, p95 ${timeToRecoverMinutes.p95} min`,
    ...incidentLines(result),
    `unaccounted   ${result.unaccountedReports} reports; isolated or cordoned without a process: ${result.cordonedLeft}`,
    `played        ${result.virtualDays} days, ${result.steps} steps in ${result.seconds} s; trace ${result.hash}`,
    ...result.violations.map(({ invariant, message }) => `VIOLATED      ${invariant}: ${message}`),
    '',
  ].join('\n');
}

function incidentLines({
  incidents,
  mostWithinAnHour: { nodes, from },
}: SimulationResult): readonly string[] {
  const most = `together      at most ${nodes} nodes had new faults within an hour, from ${from}`;
  return [
    incidents.length === 0 ? `${most}: no incident` : most,
    ...incidents.map(
      ({ at, breaker, common, shared, nodes: count, ended }) =>
        `incident      ${at} ${breaker}: ${count} nodes of ${common}${shared.length === 0 ? '' : `; most have ${shared.join(', ')}`}${ended === undefined ? '' : `; ${ended}`}`,
    ),
  ];
}

export function simulateCommand(terminal: Terminal): Command {
  return new Command('simulate')
    .description(
      'play a real failure record on Faultline in virtual time, every step held against every promise',
    )
    .option('--record <file>', 'failure record (CSV)', join(packageRoot(), 'data/lanl/system-18.csv'))
    .option('--nodes <n>', 'machines', wholeNumber, 1024)
    .option('--days <n>', 'only so many days of the record', positiveNumber)
    .option('--outage <n>', 'so many nodes fail together, over the record', wholeNumber)
    .addOption(
      new Option('--outage-of <what>', 'what they have in common').choices(outagesOf).default('rack'),
    )
    .option('--seed <n>', 'chance of the simulated world', wholeNumber, 1)
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async ({ record, nodes, days, seed, outage, outageOf, output }: SimulateFlags) => {
      const { simulateRecord } = await import('../composition/simulate.js');
      const result = await simulateRecord({
        ...{ record, nodes, seed },
        ...(days === undefined ? {} : { days }),
        ...(outage === undefined ? {} : { outage: { nodes: outage, of: outageOf } }),
      });
      if (output === 'table') terminal.out(summaryOf(result));
      else printDocument(terminal, output, result);
      const { violations, unaccountedReports, cordonedLeft } = result;
      if (violations.length + unaccountedReports + cordonedLeft === 0) return;
      throw new CommandFailed('ChecksFailed', 'the simulation broke a promise: the result says which');
    });
}
