import { Command, Option } from 'commander';
import { provide } from './cache.js';
import { stackRecipes, toxiproxyRecipe } from './component-recipes.js';
import { missingPackagedPrograms } from './packaged-programs.js';
import { nodeRecipe, otherNodeVersions, provideNode } from './node-versions.js';
import { missingFor } from './prerequisites.js';
import { progress } from './progress.js';
import { providePrometheus } from './prometheus.js';
import { stackFolder } from './stack-state.js';
import { statusOfStack, statusTable } from './status.js';
import { javaSubscriberRecipe, pythonSubscriberRecipe } from './subscriber-recipes.js';
import { down, provideAll, StackRefused, up } from './up.js';

const output = (): Option =>
  new Option('-o, --output <form>', 'form of the result').choices(['table', 'json']);

async function show(form: 'table' | 'json' | undefined): Promise<boolean> {
  const status = await statusOfStack(stackFolder());
  process.stdout.write(`${form === 'json' ? JSON.stringify(status, null, 2) : statusTable(status)}\n`);
  return status.running;
}

const program = new Command('stack').description(
  'Kafka, schema registry, PostgreSQL, Kubernetes and Redfish BMCs on loopback, without Docker.',
);

program
  .command('up')
  .description('build what is missing, start everything with empty data, leave it running')
  .addOption(new Option('--brokers <number>', 'Kafka brokers').choices(['1', '3']).default('1'))
  .addOption(output())
  .action(async ({ brokers, output: form }: { brokers: '1' | '3'; output?: 'table' | 'json' }) => {
    const begin = Date.now();
    await up(stackFolder(), brokers === '3' ? 3 : 1);
    progress(`up after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
    if (!(await show(form))) process.exitCode = 1;
  });

program
  .command('build')
  .description('only download and build what is missing, also what only the tests need')
  .action(async () => {
    await provideAll();
    await provide(toxiproxyRecipe);
    await providePrometheus('promtool');
  });

program
  .command('check')
  .description(
    'name every program that is missing for the stack and the tests, a line each; exits with 1 if one is',
  )
  .action(async () => {
    const subscribers = [pythonSubscriberRecipe, javaSubscriberRecipe];
    const recipes = [...stackRecipes, toxiproxyRecipe, ...otherNodeVersions.map(nodeRecipe), ...subscribers];
    const missing = [...(await missingFor(recipes)), ...(await missingPackagedPrograms())];
    for (const line of missing) process.stderr.write(`${line}\n`);
    if (missing.length > 0) process.exitCode = 1;
  });

program
  .command('node')
  .description('download other versions of Node; prints a line each: version and path of the program')
  .action(async () => {
    for (const version of otherNodeVersions)
      process.stdout.write(`${version} ${await provideNode(version)}\n`);
  });

program
  .command('down')
  .description('stop what "up" started')
  .action(() => down(stackFolder()));

program
  .command('status')
  .description('each component, its process, port and readiness; exits with 1 unless all are ready')
  .addOption(output())
  .action(async ({ output: form }: { output?: 'table' | 'json' }) => {
    if (!(await show(form))) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (problem) {
  const text = problem instanceof Error ? problem.message : String(problem);
  process.stderr.write(`${problem instanceof StackRefused ? '' : 'stack: '}${text}\n`);
  process.exitCode = 1;
}
// KafkaJS leaves timers behind; nothing here waits for anything any more.
process.exit();
