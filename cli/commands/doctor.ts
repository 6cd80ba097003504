import { Command } from 'commander';

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

/** Tries everything that the configuration needs; changes nothing anywhere. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description(
      'try every connection and permission of the configuration, count what waits for somebody, and say what to do',
    )
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .addOption(outputOption(['table', 'json', 'jsonl', 'yaml']))
    .action(async ({ config, output }: { readonly config: string; readonly output: OutputFormat }) => {
      const { loadLocatedConfiguration } = await import('../configuration/load.js');
      const located = loadLocatedConfiguration(config);
      const { examine } = await import('../doctor/examine.js');
      const report = await examine(located, terminal);
      printView(terminal, output, report, view);
      const failed = report.checks.filter(({ result }) => result === 'failed').length;
      if (failed > 0) {
        throw new CommandFailed('ChecksFailed', `${failed} of ${report.checks.length} checks failed`);
      }
    });
}
