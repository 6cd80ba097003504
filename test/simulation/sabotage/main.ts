import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seek, type Verdict } from './plant.js';
import { plants } from './plants.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    only: { type: 'string', default: '' },
    output: { type: 'string', short: 'o', default: 'text' },
  },
});

const root = fileURLToPath(new URL('../../..', import.meta.url));
const verdicts: Verdict[] = [];
for (const plant of plants.filter(({ name }) => name.includes(values.only))) {
  const verdict = await seek(root, plant, { seconds: Number(values.seconds) });
  verdicts.push(verdict);
  process.stderr.write(
    `${verdict.found ? 'found' : 'NOT FOUND'} in ${verdict.seconds} s: ${verdict.plant} (${verdict.by})\n`,
  );
}
const missed = verdicts.filter(({ found }) => !found);
const summary = `${verdicts.length} bugs planted, ${verdicts.length - missed.length} found\n`;
process.stdout.write(values.output === 'json' ? `${JSON.stringify({ verdicts })}\n` : summary);
process.exitCode = missed.length === 0 && verdicts.length > 0 ? 0 : 1;
