import { fileURLToPath } from 'node:url';
import { oneOf, readOptions, runCommand, Usage, wholeNumber } from '../command-line.js';
import { seek, type Verdict } from './plant.js';
import { plants } from './plants.js';

const usage = `npm run sabotage -- [--seconds S] [--only WORDS] [-o json]
  plants ${plants.length} bugs, one by one, in a copy of the tree; each has to be found by a seed or by a story
  --seconds  how long seeds are played against each bug (default 180)
  --only     only the bugs in whose name this stands
  -o json    the verdicts as one JSON object on stdout
Exit code 0: each was found; 1: one was not; 2: the call is wrong.`;

const root = fileURLToPath(new URL('../../..', import.meta.url));

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
  const chosen = plants.filter(({ name }) => name.includes(values.only));
  if (chosen.length === 0)
    throw new Usage(
      `--only takes words of a bug's name in test/simulation/sabotage/plants.ts, not "${values.only}"`,
    );
  const verdicts: Verdict[] = [];
  for (const plant of chosen) {
    const verdict = await seek(root, plant, { seconds });
    verdicts.push(verdict);
    process.stderr.write(
      `${verdict.found ? 'found' : 'NOT FOUND'} in ${verdict.seconds} s: ${verdict.plant} (${verdict.by})\n`,
    );
  }
  const missed = verdicts.filter(({ found }) => !found);
  const summary = `${verdicts.length} bugs planted, ${verdicts.length - missed.length} found\n`;
  process.stdout.write(asJson ? `${JSON.stringify({ verdicts })}\n` : summary);
  return missed.length === 0 ? 0 : 1;
}

await runCommand(main);
