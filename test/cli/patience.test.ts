import { expect, it } from 'vitest';

import { CommandFailed } from '../../cli/errors.js';
import { Patience } from '../../cli/patience.js';

function patient() {
  const written: string[] = [];
  const patience = new Patience({
    interrupted: new AbortController().signal,
    err: (text) => void written.push(text),
  });
  return { patience, written };
}

const away = new CommandFailed('ServerUnreachable', 'nobody there');

it('an answer that was on its way when the server went away does not say that it is back: a restart was told twice', async () => {
  const { patience, written } = patient();
  let answer: (value: string) => void = () => undefined;
  const early = patience.untilAnswered(() => new Promise<string>((resolve) => (answer = resolve)));
  const rest = patience.after(away);
  answer('from before');
  expect(await early).toBe('from before');
  await rest;
  await patience.after(away);
  expect(written).toEqual(['waiting for the server: nobody there\n']);
  expect(await patience.untilAnswered(() => Promise.resolve('again'))).toBe('again');
  expect(written.slice(1)).toEqual(['the server answers again; going on where it was\n']);
});

it('is told once by all who ask at the same time, and once when one of them is answered', async () => {
  const { patience, written } = patient();
  const tries = [0, 0, 0];
  const asked = tries.map((_, index) =>
    patience.untilAnswered(() => {
      tries[index] = (tries[index] ?? 0) + 1;
      return tries[index] === 1 ? Promise.reject(away) : Promise.resolve(index);
    }),
  );
  expect(await Promise.all(asked)).toEqual([0, 1, 2]);
  expect(written).toEqual([
    'waiting for the server: nobody there\n',
    'the server answers again; going on where it was\n',
  ]);
});
