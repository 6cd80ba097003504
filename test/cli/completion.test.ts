import { expect, it } from 'vitest';

import { completionWords } from '../../cli/completion-words.js';
import { createProgram } from '../../cli/program.js';
import { runCommand, testTerminal } from './run-command.js';

const names = { nodes: ['east/n1', 'west/n2'], processes: ['p-1', 'p-2'], pauses: ['z-1'], changes: ['c-1'] };

const cases: readonly (readonly [written: readonly string[], found: readonly string[]])[] = [
  [['ge'], ['get']],
  [
    ['get', ''],
    ['nodes', 'faults', 'processes'],
  ],
  [
    ['get', 'nodes', '-o', 'j'],
    ['json', 'jsonl'],
  ],
  [['get', 'nodes', '--wa'], ['--watch']],
  [['describe', 'node', 'east'], ['east/n1']],
  [['history', 'w'], ['west/n2']],
  [
    ['order', 'retry', 'p'],
    ['p-1', 'p-2'],
  ],
  [['order', 'retry', 'p-1', '--rea'], ['--reason']],
  [['order', 'retry', 'p-1', '--reason', ''], []],
  [['guard', 'why', 'w'], ['west/n2']],
  [['guard', 'thaw', 'z'], ['z-1']],
  [['guard', 'done', 'c'], ['c-1']],
  [
    ['guard', 'freeze', '--operation', 're'],
    ['restart-component', 'reimage', 'release'],
  ],
];

it.each(cases)('given %j is written, then %j may follow', async (written, found) => {
  const program = createProgram(testTerminal().terminal);
  expect(await completionWords(program, written, (list) => Promise.resolve(names[list]))).toEqual(found);
});

it.each(['bash', 'zsh', 'fish'])('prints a script for %s that asks the command itself', async (shell) => {
  const { code, out } = await runCommand(['completion', shell]);
  expect(code).toBe(0);
  expect(out).toContain('faultline complete --');
});
