import { Command, InvalidArgumentError } from 'commander';

import { parseDurationMs } from '../../services/duration.js';
import { parseInstantMs } from '../../services/instant.js';
import { guardSimulationText } from '../output/guard-simulation-text.js';
import { printDocument, type OutputFormat } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import { outputOption, wholeNumber } from './common.js';

interface SimulateOptions {
  readonly policy: string;
  readonly config: string;
  /** ms */
  readonly since?: number;
  readonly limit: number;
  readonly output: OutputFormat;
}

/** A time, or how long ago; ms. */
function sinceWhen(text: string): number {
  const ago = parseDurationMs(text);
  if (ago !== undefined) return Date.now() - ago;
  const at = parseInstantMs(text);
  if (at !== undefined) return at;
  throw new InvalidArgumentError('write it like 30d or 2026-01-31T08:00:00Z');
}

/** Reads the journal itself, and so needs no running Faultline; changes nothing. */
export function simulateGuardCommand(terminal: Terminal): Command {
  return new Command('simulate')
    .description('what another policy would have allowed and held in the recorded history; changes nothing')
    .requiredOption('--policy <file>', 'a configuration whose section guard is played')
    .option('-c, --config <file>', 'configuration that names journal and clusters', 'faultline.yaml')
    .option('--since <time>', 'from then on, like 7d ago or 2026-01-31T08:00:00Z; else 30d', sinceWhen)
    .option('--limit <n>', 'so many of those that would have been held, one by one', wholeNumber, 20)
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async ({ policy, config, since = sinceWhen('30d'), limit, output }: SimulateOptions) => {
      const { loadConfiguration, loadLocatedConfiguration } = await import('../configuration/load.js');
      const { fleetProblems } = await import('../configuration/fleet-problems.js');
      const { ConfigurationInvalid } = await import('../configuration/problems.js');
      const { withHistory } = await import('../composition/journal-history.js');
      const { playGuard } = await import('../composition/play-guard.js');
      const configuration = loadConfiguration(config);
      const located = loadLocatedConfiguration(policy);
      const { guard } = located.configuration;
      const clusters = configuration.clusters.map(({ name }) => name);
      const { played, problems } = await withHistory(configuration, terminal.environment, async (reader) => ({
        problems: await fleetProblems(located, reader.inventory, configuration.guard.labels),
        played: await playGuard(reader, { clusters, guard, since, until: Date.now(), limit }),
      }));
      if (problems.length > 0) {
        const { message } = new ConfigurationInvalid(policy, problems);
        terminal.err(
          `${message}\nA running Faultline refuses such a policy; what it is about was played all the same.\n`,
        );
      }
      if (output === 'table') terminal.out(guardSimulationText(played, terminal.colour));
      else printDocument(terminal, output, played);
    });
}
