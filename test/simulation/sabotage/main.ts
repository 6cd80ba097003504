import { fileURLToPath } from 'node:url';
import { oneOf, readOptions, runCommand, Usage, wholeNumber } from '../command-line.js';
import { PlantMisplaced, type Verdict } from './plant.js';
import { plants, type Plant } from './plants.js';
import { seekInSimulation } from './seek-in-simulation.js';
import { seekInStores, whyBlind } from './seek-in-stores.js';
import { storePlants, type StorePlant } from './store-plants.js';

const usage = `npm run sabotage -- [--seconds S] [--only WORDS] [-o json]
  plants ${plants.length + storePlants.length} bugs, one by one, in a copy of the tree; each has to be found by a seed or by a story, or, where it
  stands in what talks to PostgreSQL or Kafka (${storePlants.length}), by tests of the contracts on the real thing. What breaks the same
  promise without the bug finds nothing: seeds go on behind it, and it is told.
  --seconds  how long seeds are played against each bug (default 180)
  --only     only the bugs in whose name this stands
  -o json    the verdicts as one JSON object on stdout
Exit code 0: each was found; 1: one was not; 2: the call is wrong.`;

const root = fileURLToPath(new URL('../../..', import.meta.url));

function tell(verdict: Verdict): Verdict {
  const { found, seconds, plant, by, void: failAnyway = [] } = verdict;
  for (const { seed, invariant } of failAnyway)
    process.stderr.write(
      `seed ${seed} breaks "${invariant}" without the bug, too: not counted for ${plant}\n`,
    );
  process.stderr.write(`${found ? 'found' : 'NOT FOUND'} in ${seconds} s: ${plant} (${by})\n`);
  return verdict;
}

/** Tests that fail anyway would find every bug. */
async function refuseIfBlind(chosen: readonly StorePlant[]): Promise<void> {
  const tried = new Map(chosen.map(({ tests, named }) => [JSON.stringify([tests, named]), { tests, named }]));
  for (const { tests, named } of tried.values()) {
    const why = await whyBlind(root, { tests, ...(named === undefined ? {} : { named }) });
    if (why !== undefined) throw new PlantMisplaced(why);
  }
}

async function main(): Promise<number> {
  const values = readOptions('npm run sabotage', process.argv.slice(2), {
    seconds: { type: 'string', default: '180' },
    only: { type: 'string', default: '' },
    output: { type: 'string', short: 'o', default: 'text' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const seconds = wholeNumber('seconds', values.seconds);
  const asJson = oneOf('output', values.output, ['text', 'json']) === 'json';
  const isChosen = ({ name }: Plant): boolean => name.includes(values.only);
  const [simulated, stored] = [plants.filter(isChosen), storePlants.filter(isChosen)];
  if (simulated.length + stored.length === 0)
    throw new Usage(
      `--only takes words of a bug's name in test/simulation/sabotage/(store-)plants.ts, not "${values.only}"`,
    );
  await refuseIfBlind(stored);
  const verdicts: Verdict[] = [];
  for (const plant of simulated) verdicts.push(tell(await seekInSimulation(root, plant, { seconds })));
  for (const plant of stored) verdicts.push(tell(await seekInStores(root, plant)));
  const missed = verdicts.filter(({ found }) => !found);
  const summary = `${verdicts.length} bugs planted, ${verdicts.length - missed.length} found\n`;
  process.stdout.write(asJson ? `${JSON.stringify({ verdicts })}\n` : summary);
  return missed.length === 0 ? 0 : 1;
}

await runCommand(main);
