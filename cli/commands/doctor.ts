import { Command } from 'commander';

import { apiVersion } from '../../services/console/forms/form.js';
import { packageVersion } from '../composition/run.js';
import type { Configuration } from '../configuration/configuration.js';
import { loadConfiguration } from '../configuration/load.js';
import { checkBmcs, checkRegistry, checkWebhooks } from '../doctor/http-services.js';
import { checkCluster } from '../doctor/kubernetes.js';
import { lookAtState } from '../doctor/state.js';
import { checkEventLog, checkJournal } from '../doctor/stores.js';
import { CommandFailed } from '../errors.js';
import type { DoctorCheck, DoctorReport } from '../forms/doctor.js';
import { printView, type OutputFormat, type View } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import { outputOption } from './common.js';

const colours = { ok: 'green', attention: 'yellow', failed: 'red', skipped: 'yellow' } as const;

const view: View<DoctorReport, DoctorCheck> = {
  rows: ({ checks }) => checks,
  nameOf: ({ what }) => what,
  whenEmpty: 'The configuration names nothing to try.',
  columns: [
    { title: 'RESULT', text: ({ result }) => result, colour: ({ result }) => colours[result] },
    { title: 'WHAT', text: ({ what }) => what },
    { title: 'FOUND', text: ({ detail }) => detail },
    { title: 'WHAT TO DO', text: ({ next }) => next ?? '-' },
  ],
};

async function examine(configuration: Configuration, terminal: Terminal): Promise<DoctorReport> {
  const version = packageVersion();
  const parts = await Promise.all([
    checkJournal(configuration, terminal).then((check) => [check]),
    checkEventLog(configuration, terminal),
    checkRegistry(configuration, terminal),
    ...configuration.clusters.map((cluster) => checkCluster(cluster, terminal, version)),
    ...configuration.clusters.map((cluster) => checkBmcs(cluster, terminal)),
    checkWebhooks(configuration, terminal),
  ]);
  const { checks, state } = await lookAtState(configuration, terminal);
  return {
    apiVersion,
    kind: 'DoctorReport',
    configuration: configuration.path,
    checks: [...parts.flat(), ...checks],
    ...(state === undefined ? {} : { state }),
  };
}

/** Tries everything that the configuration needs; changes nothing anywhere. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description(
      'try every connection and permission of the configuration, count what waits for somebody, and say what to do',
    )
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .addOption(outputOption(['table', 'json', 'jsonl', 'yaml']))
    .action(async ({ config, output }: { readonly config: string; readonly output: OutputFormat }) => {
      const report = await examine(loadConfiguration(config), terminal);
      printView(terminal, output, report, view);
      const failed = report.checks.filter(({ result }) => result === 'failed').length;
      if (failed > 0) {
        throw new CommandFailed('ChecksFailed', `${failed} of ${report.checks.length} checks failed`);
      }
    });
}
