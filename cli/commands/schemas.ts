import { Command } from 'commander';

import { systemClock } from '../../adapters/clock/system-clock.js';
import type { ConfluentOptions } from '../../adapters/schema-registry/confluent.js';
import { checkSchemas, registerSchemas } from '../../schemas/check.js';
import { allEvents } from '../../schemas/codec.js';
import { contradiction, registryRefusal, type RegistryAdvice } from '../composition/registry-refusal.js';
import { CommandFailed } from '../errors.js';
import { printDocument } from '../output/print.js';
import { schemaCheckText } from '../output/schema-check-text.js';
import type { Terminal } from '../terminal.js';
import { outputOption, type OutputOptions } from './common.js';

function checkCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('refuse edited or incompatible published schemas; needs no server')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action((options: OutputOptions) => {
      const check = checkSchemas();
      const { problems } = check;
      const document = { apiVersion: 'faultline.dev/v1', kind: 'SchemaCheck', ...check };
      if (options.output === 'table') terminal.out(schemaCheckText(check));
      else printDocument(terminal, options.output, document);
      for (const problem of problems) terminal.err(`${JSON.stringify(problem)}\n`);
      if (problems.length > 0)
        throw new CommandFailed('ChecksFailed', `${problems.length} problems in schemas/avro`);
    });
}

interface RegisterOptions extends OutputOptions {
  readonly registry?: string;
  readonly config?: string;
}

/** @throws CommandFailed Usage */
async function accessOf(
  { environment }: Terminal,
  { registry, config }: RegisterOptions,
): Promise<Pick<ConfluentOptions, 'url' | 'authorization' | 'tls'>> {
  if (registry !== undefined && config === undefined) return { url: registry };
  if (config === undefined || registry !== undefined) {
    throw new CommandFailed('Usage', 'which registry?', 'give either --registry or --config');
  }
  const [{ loadConfiguration }, { registryAccess }] = await Promise.all([
    import('../configuration/load.js'),
    import('../composition/registry-access.js'),
  ]);
  const { path, schemaRegistry } = loadConfiguration(config);
  if (schemaRegistry.kind === 'confluent') return registryAccess(schemaRegistry, environment);
  throw new CommandFailed(
    'Usage',
    `${path} names no registry: its schemas are bundled`,
    'name a configuration whose schemaRegistry.kind is confluent, or give --registry',
  );
}

const onceMore = 'what was registered stays, and doing it again changes nothing';

const advice: RegistryAdvice = {
  notRegistered: onceMore,
  denied: 'check its user and password, or its token (--config)',
  away: `start the registry, or name another one; ${onceMore}`,
  silent: `see in its log and its load what the registry waits for; ${onceMore}`,
  contradicts: contradiction,
};

function registerCommand(terminal: Terminal): Command {
  return new Command('register')
    .description('register all schemas, FULL_TRANSITIVE; doing it again changes nothing')
    .option('--registry <url>', 'for instance http://127.0.0.1:8081, without credentials')
    .option('-c, --config <file>', 'the registry of this configuration, with its credentials')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async (options: RegisterOptions) => {
      const access = await accessOf(terminal, options);
      const { confluentSchemaIds } = await import('../../adapters/schema-registry/confluent.js');
      const ids = confluentSchemaIds({ ...access, clock: systemClock, register: true });
      const found = await registerSchemas(ids, allEvents).catch((error: unknown) =>
        registryRefusal(access.url, advice, error),
      );
      const registered = [...found].map(([event, id]) => ({ event, id }));
      const document = { apiVersion: 'faultline.dev/v1', kind: 'SchemaRegistration', registered };
      if (options.output !== 'table') printDocument(terminal, options.output, document);
      else for (const { event, id } of registered) terminal.out(`${event} ${id}\n`);
    });
}

export function schemasCommand(terminal: Terminal): Command {
  return new Command('schemas')
    .description('the contracts')
    .addCommand(checkCommand(terminal))
    .addCommand(registerCommand(terminal));
}
