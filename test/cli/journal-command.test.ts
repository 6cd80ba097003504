import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginning } from '../../adapters/journal/fence.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

let folder: string;
let config: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-epoch-'));
  config = join(folder, 'faultline.yaml');
  writeFileSync(config, `installation: { dataFolder: ${join(folder, 'data')} }\n`);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const command = ['journal', 'new-log-epoch'];

describe('faultline journal new-log-epoch', () => {
  it('is what a journal tells to do that finds another log', () => {
    const stored = { nextOffset: 10n, logId: 'log-1' };
    const assigned = { topic: 't', partition: 0, low: 0n, high: 50n, logId: 'log-2' };
    expect(() => beginning(stored, assigned)).toThrow(`faultline ${command.join(' ')} --reason`);
  });

  it('begins the next epoch in the journal that the configuration names, with the reason', async () => {
    const words = [...command, '--config', config, '--reason', 'Kafka was rebuilt', '-o', 'json'];
    const first = await runCommand(words);
    expect(first).toMatchObject({ code: 0, err: '' });
    const document: unknown = JSON.parse(first.out);
    expectPublishedForm(document, 'LogEpoch');
    expect(document).toMatchObject({ logEpoch: 2, reason: 'Kafka was rebuilt' });
    expect(JSON.parse((await runCommand(words)).out)).toMatchObject({ logEpoch: 3 });
  }, 60_000);

  it('does nothing without a reason', async () => {
    expect(await runCommand([...command, '--config', config])).toMatchObject({ code: 2 });
  });
});
