import { randomUUID } from 'node:crypto';
import { Command, Option } from 'commander';

import { operations, type Operation } from '../../domain/command.js';
import { faultTypes, type FaultType } from '../../domain/fault.js';
import { parseDurationMs } from '../../services/duration.js';
import type { NewChange } from '../../services/console/forms/changes.js';
import { awaitChange } from '../await-change.js';
import { changeClient, type ChangeClient } from '../change-client.js';
import { CommandFailed, RunEnded } from '../errors.js';
import { changeView } from '../output/change-views.js';
import { printView } from '../output/print.js';
import { runWithLeave } from '../run-with-leave.js';
import type { Terminal } from '../terminal.js';
import { given, labelOption } from './given.js';
import {
  claimedSubject,
  milliseconds,
  outputOption,
  serverOf,
  withServer,
  type OutputOptions,
} from './common.js';

interface AskOptions extends OutputOptions {
  readonly operation: Operation;
  readonly reason: string;
  readonly faultType?: FaultType;
  readonly onlyHealthy?: true;
  readonly lease: string;
  readonly wait: number;
  readonly key?: string;
  readonly rollout?: true;
  readonly pool?: string[];
  readonly zone?: string[];
  readonly label?: Record<string, string[]>;
}

/** @throws CommandFailed Usage */
function orderOf(name: string, options: AskOptions): NewChange {
  const { rollout, pool, zone, label, operation, reason, faultType, onlyHealthy, lease } = options;
  const why = { operation, reason, lease, ...given({ faultType, onlyHealthy }) };
  const scope = given({ pools: pool, zones: zone, labels: label });
  if (rollout === true) return { cluster: name, scope, ...why };
  if (Object.keys(scope).length > 0)
    throw new CommandFailed('Usage', 'a pool, zone or label is that of a rollout', 'add --rollout');
  const [cluster = '', node = '', ...more] = name.split('/');
  if (cluster === '' || node === '' || more.length > 0)
    throw new CommandFailed('Usage', `${name} is no node`, 'write CLUSTER/NODE');
  return { cluster, node, ...why };
}

async function ask(
  terminal: Terminal,
  name: string,
  command: readonly string[],
  options: AskOptions,
): Promise<void> {
  const order = orderOf(name, options);
  const clientOf = (interrupted: AbortSignal): ChangeClient =>
    changeClient(serverOf({ ...terminal, interrupted }, options), claimedSubject(terminal));
  // Whoever is interrupted has still to say what becomes of the change.
  const afterwards = clientOf(new AbortController().signal);
  const changes = clientOf(terminal.interrupted);
  const asked = await changes.ask(order, options.key ?? randomUUID());
  const change = await awaitChange(terminal, changes, asked, options.wait).catch(async (error: unknown) => {
    // It may be over, or the server away: then its lease ends it.
    await afterwards.end(asked.id, { outcome: 'cancelled' }).catch(() => undefined);
    throw error;
  });
  const [program, ...words] = command;
  if (program === undefined) {
    printView(terminal, options.output, change, changeView(Date.now()));
    return;
  }
  const leaseMs = parseDurationMs(options.lease) ?? 0;
  const run = { change, leaseMs, command: [program, ...words] as const };
  throw new RunEnded(await runWithLeave(terminal, afterwards, run));
}

/** `faultline guard ask`. */
export function askCommand(terminal: Terminal): Command {
  return withServer(
    new Command('ask')
      .description(
        'ask leave for a risky operation to a node and wait for it; then run COMMAND for as long as there is leave, or print the change',
      )
      .argument('<node>', 'CLUSTER/NODE; with --rollout CLUSTER')
      .argument('[command...]', 'after --; is told FAULTLINE_CHANGE_ID and FAULTLINE_CHANGE_TOKEN')
      .addOption(
        new Option('--operation <name>', 'what is to be done').choices(operations).makeOptionMandatory(),
      )
      .requiredOption('--reason <text>', 'stands in the journal')
      .addOption(
        new Option('--fault-type <type>', 'the fault because of which it is done').choices(faultTypes),
      )
      .option('--only-healthy', 'it is for a node that is well, and waits for that')
      .option(
        '--rollout',
        'a release that goes through a cluster, or a part of it: nobody else begins harm there meanwhile',
      )
      .option('--pool <names...>', 'of a rollout: only in these pools')
      .option('--zone <names...>', 'of a rollout: only in these zones')
      .addOption(labelOption())
      .option('--lease <duration>', 'how long leave lasts without a heartbeat, 5s to 1h', '1m')
      .addOption(
        new Option('--wait <duration>', 'how long to wait for leave')
          .argParser(milliseconds)
          .default(600_000, '10m'),
      )
      .option('--key <text>', 'asked again with the same key it is the same change (else one is made up)')
      .addOption(outputOption()),
  ).action((node: string, command: readonly string[], options: AskOptions) =>
    ask(terminal, node, command, options),
  );
}
