import { Command } from 'commander';

import { isServiceName, serviceNames, type ServiceName } from '../composition/service-names.js';
import { CommandFailed } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { logLevelOption } from './common.js';

function wantedServices(only: string | undefined): ReadonlySet<ServiceName> {
  if (only === undefined) return new Set(serviceNames);
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isServiceName(name));
  if (unknown.length > 0) {
    throw new CommandFailed(
      'Usage',
      `no such service: ${unknown.join(', ')}`,
      `services are ${serviceNames.join(', ')}`,
    );
  }
  return new Set(names.filter(isServiceName));
}

export function runCommand(terminal: Terminal): Command {
  return new Command('run')
    .description('run Faultline, all of it or some of its services')
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .option('--only <services>', `comma-separated: ${serviceNames.join(',')}`)
    .addOption(logLevelOption('info'))
    .action(async (options: { config: string; only?: string; logLevel: string }) => {
      const { loadBesideGuard, loadConfiguration } = await import('../configuration/load.js');
      const { goesByGuard } = await import('../composition/start/guard-policy.js');
      const wanted = wantedServices(options.only);
      // Whoever goes by the guard asks the journal which policy was in force before a wrong one.
      const load = goesByGuard(wanted) ? loadBesideGuard : loadConfiguration;
      const configuration = load(options.config);
      const { runFaultline } = await import('../composition/run.js');
      await runFaultline({
        configuration,
        wanted,
        environment: terminal.environment,
        logLevel: options.logLevel,
        onHangup: (heard) => {
          terminal.onHangup(heard);
        },
        onListening: (url) => {
          terminal.err(`faultline listens on ${url}\n`);
        },
        interrupted: terminal.interrupted,
      });
    });
}
