import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import avro from 'avsc';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ArchiveFolder } from '../../../adapters/archive/archive-folder.js';
import { archiveSchemaFolder } from '../../../adapters/archive/fact-container.js';
import type { StoredFact, PlacedStretch } from '../../../adapters/ports/archive.js';
import { factTypes } from '../../../domain/fact.js';
import type { CauseId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { JsonObject, MergePatch } from '../../../domain/json.js';
import { checkSchemas } from '../../../schemas/check.js';

let folder: string;
let files: ArchiveFolder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-archive-'));
  files = new ArchiveFolder(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const json = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((key) => key !== '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
) as fc.Arbitrary<JsonObject>;

/** Facts of one node, from any version on. */
const stretchOf = (node: string): fc.Arbitrary<readonly StoredFact[]> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(
        fc.record({
          type: fc.constantFrom(...factTypes),
          at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
          causeId: fc.uuid(),
          processId: fc.option(fc.string(), { nil: undefined }),
          data: json,
          patch: json,
          epoch: fc.integer({ min: 1, max: 9 }),
          causedBy: fc.option(fc.string(), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    )
    .map(([first, facts]) =>
      facts.map(({ type, at, causeId, processId, data, patch, epoch, causedBy = causeId }, index) => ({
        fact: {
          node: node as NodeKey,
          version: first + index,
          type,
          at,
          causeId: causeId as CauseId,
          ...(processId === undefined ? {} : { processId: processId as ProcessId }),
          data,
          patch: patch as MergePatch,
          evolveVersion: 1,
        },
        epoch,
        causedBy,
      })),
    );

async function written(stretches: readonly (readonly StoredFact[])[]): Promise<{
  readonly name: string;
  readonly length: number;
  readonly sha256: string;
  readonly placed: readonly PlacedStretch[];
}> {
  const file = await files.begin('tested');
  const added = [];
  for (const facts of stretches) added.push(await file.add(facts));
  const { name, headerLength, length, sha256 } = await file.finish();
  return { name, length, sha256, placed: added.map((stretch) => ({ ...stretch, file: name, headerLength })) };
}

const sample = fc.sample(stretchOf('a/n1'), { numRuns: 1, seed: 1 })[0] ?? [];

it('the schema of archives follows the rules of the contract, and was not changed since it was published', () => {
  expect(checkSchemas(archiveSchemaFolder())).toEqual({ problems: [], unpublished: [] });
});

describe('a file of stretches', () => {
  it('gives back each stretch alone, exactly as it was written, in any order', () =>
    fc.assert(
      fc.asyncProperty(fc.array(stretchOf('a/n1'), { minLength: 1, maxLength: 4 }), async (stretches) => {
        const { placed } = await written(stretches);
        for (const [index, stretch] of [...placed.entries()].reverse()) {
          const read = await files.read(stretch);
          expect(JSON.stringify(read)).toBe(JSON.stringify(stretches[index]));
        }
      }),
      { numRuns: 50 },
    ));

  it('is an Avro object container that any reader opens as a whole', async () => {
    const { name } = await written([sample, sample]);
    const read: unknown[] = [];
    for await (const record of avro.createFileDecoder(join(folder, name))) read.push(record);
    expect(read).toHaveLength(2 * sample.length);
    expect(read[0]).toMatchObject({ node: 'a/n1', data: JSON.stringify(sample[0]?.fact.data) });
  });

  it('is not there before it is finished, and never when it is abandoned', async () => {
    const file = await files.begin('tested');
    await file.add(sample);
    expect((await readdir(folder)).filter((name) => name.endsWith('.avro'))).toEqual([]);
    await file.abandon();
    expect(await readdir(folder)).toEqual([]);
  });

  it('what an earlier run left unfinished goes, what others have there stays', async () => {
    const begun = [await files.begin('tested'), await files.begin('other')];
    const { name } = await written([sample]);
    await files.removeUnfinished('tested');
    const left = await readdir(folder);
    expect(left).toContain(name);
    expect(left.filter((each) => each.endsWith('.unfinished'))).toEqual([
      expect.stringMatching(/^other-/) as unknown,
    ]);
    for (const file of begun) await file.abandon();
  });

  it('is readable for its owner only', async () => {
    const { name } = await written([sample]);
    const { stdout } = await promisify(execFile)('stat', ['-c', '%a', join(folder, name)]);
    expect(stdout.trim()).toBe('600');
  });
});

describe('a damaged file', () => {
  it('with any one byte changed is refused by name, by reader and by check', async () => {
    const { name, length, sha256, placed } = await written([sample]);
    const [stretch] = placed;
    if (stretch === undefined) throw new TypeError('a stretch was written');
    const whole = await readFile(join(folder, name));
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const changed = Buffer.from(whole);
          changed.writeUInt8(changed.readUInt8(at) ^ by, at);
          await writeFile(join(folder, name), changed);
          await expect(files.read(stretch)).rejects.toMatchObject({ name: 'ArchiveUnreadable', file: name });
          await expect(files.check({ name, length, sha256 })).rejects.toMatchObject({ file: name });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that was cut off, or is gone, is refused by name', async () => {
    const { name, length, sha256, placed } = await written([sample]);
    const [stretch] = placed;
    if (stretch === undefined) throw new TypeError('a stretch was written');
    await truncate(join(folder, name), length - 1);
    await expect(files.read(stretch)).rejects.toThrow(name);
    await expect(files.check({ name, length, sha256 })).rejects.toThrow(
      `${length - 1} bytes and not ${length}`,
    );
    await expect(files.look({ name, length })).rejects.toThrow(`${length - 1} bytes and not ${length}`);
    await files.look({ name, length: length - 1 });
    await rm(join(folder, name));
    await expect(files.read(stretch)).rejects.toThrow(/can't be read \(ENOENT.*restore the folder/);
    await expect(files.check({ name, length, sha256 })).rejects.toThrow('ENOENT');
    await expect(files.look({ name, length })).rejects.toThrow(/can't be read \(ENOENT/);
  });

  it('that holds other facts than it should is refused', async () => {
    const { placed } = await written([sample]);
    const [stretch] = placed;
    if (stretch === undefined) throw new TypeError('a stretch was written');
    await expect(files.read({ ...stretch, node: 'a/n2' as NodeKey })).rejects.toThrow('does not hold facts');
  });
});
