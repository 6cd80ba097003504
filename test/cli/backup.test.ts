import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

/** Two embedded installations and the file that goes from one to the other. */
let folder: string;
const configuration = (name: string): string => join(folder, `${name}.yaml`);
const run = async (
  ...words: readonly string[]
): Promise<{ code: number | null; err: string; document: unknown }> => {
  const { code, out, err } = await runCommand([...words, '-o', 'json']);
  return { code, err, document: out === '' ? undefined : JSON.parse(out) };
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-backup-'));
  for (const name of ['old', 'new', 'other']) {
    const partitions = name === 'other' ? 'eventLog: { partitions: 7 }\n' : '';
    writeFileSync(configuration(name), `installation: { dataFolder: ${join(folder, name)} }\n${partitions}`);
  }
  await run('journal', 'new-log-epoch', '--config', configuration('old'), '--reason', 'to have a journal');
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('faultline export and import', () => {
  const file = (): string => join(folder, 'kept.gz');

  it('keep an embedded installation in a file, and begin it elsewhere in a new epoch', async () => {
    const written = await run('export', file(), '--config', configuration('old'));
    expect(written).toMatchObject({ code: 0, err: '', document: { kind: 'Backup', file: file() } });
    expectPublishedForm(written.document, 'Backup');
    const taken = await run('import', file(), '--config', configuration('new'));
    expect(taken).toMatchObject({ code: 0, document: { epoch: 2, wasThere: false } });
    expectPublishedForm(taken.document, 'Restoration');
    const again = await run('import', file(), '--config', configuration('new'));
    expect(again).toMatchObject({ code: 0, document: { epoch: 2, wasThere: true } });
    // Begun for the restoration, and not once more by the second import: the next one is the fourth.
    const words = ['--config', configuration('new'), '--reason', 'to see its number'];
    expect((await run('journal', 'new-log-epoch', ...words)).document).toMatchObject({ logEpoch: 4 });
  }, 120_000);

  it('refuse a file that was cut off, one that is missing, and other partitions, in one line each', async () => {
    const [cut, other] = [configuration('other'), configuration('other')];
    expect(await run('import', join(folder, 'none.gz'), '--config', cut)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^error \(Usage\): .*ENOENT/) as string,
    });
    expect((await run('import', file(), '--config', other)).err).toMatch(/set eventLog.partitions to \d+/);
    truncateSync(file(), readFileSync(file()).length - 20);
    const refused = await run('import', file(), '--config', configuration('other'));
    expect(refused.code).toBe(4);
    expect(refused.err).toMatch(/BackupRefused/);
  }, 120_000);

  it('begin a new epoch by order where the database can not know that it was restored', async () => {
    const begun = await run('journal', 'new-epoch', '--config', configuration('new'));
    expect(begun).toMatchObject({ code: 0, document: { epoch: 3 } });
    expectPublishedForm(begun.document, 'JournalEpoch');
  }, 60_000);
});
