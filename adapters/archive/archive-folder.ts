import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import {
  ArchiveUnreadable,
  type StoredFact,
  type ArchiveFile,
  type ArchiveFiles,
  type NewArchiveFile,
  type PlacedStretch,
  type Stretch,
} from '../ports/archive.js';
import { decodeFacts, encodeFacts, encodeHeader } from './fact-container.js';

/** Archives in a folder, each an Avro object container. The folder has to be there: a volume that is away is not made anew. */
export class ArchiveFolder implements ArchiveFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async removeUnfinished(owner: string): Promise<void> {
    const names = await readdir(this.#folder);
    const left = names.filter((name) => name.startsWith(`${owner}-`) && name.endsWith('.unfinished'));
    for (const name of left) await rm(join(this.#folder, name), { force: true });
  }

  async begin(owner: string): Promise<NewArchiveFile> {
    const unfinished = join(this.#folder, `${owner}-${randomUUID()}.unfinished`);
    const syncMarker = randomBytes(16);
    const header = await encodeHeader(syncMarker);
    // What reports and people said is for the owner alone.
    const handle = await open(unfinished, 'wx', 0o600);
    const file = new UnfinishedFile({ folder: this.#folder, owner, unfinished, handle, header, syncMarker });
    try {
      await handle.writeFile(header);
      return file;
    } catch (error) {
      // On a full disk: it is tried again and again, and must not hold one more file open each time.
      await file.abandon();
      throw error;
    }
  }

  async read(stretch: PlacedStretch): Promise<readonly StoredFact[]> {
    const { file, headerLength, offset, length } = stretch;
    const bytes = await reading(file, async () => {
      const handle = await open(join(this.#folder, file));
      try {
        const header = await readExactly(handle, 0, headerLength);
        return Buffer.concat([header, await readExactly(handle, offset, length)]);
      } finally {
        await handle.close();
      }
    });
    if (digestOf(bytes) !== stretch.sha256) throw new ArchiveUnreadable(file, 'its bytes were changed');
    return reading(file, async () => requireWhole(stretch, await decodeFacts(bytes)));
  }

  async look({ name, length }: Pick<ArchiveFile, 'name' | 'length'>): Promise<void> {
    const { size } = await reading(name, () => stat(join(this.#folder, name)));
    requireLength(name, size, length);
  }

  async check({ name, length, sha256 }: Pick<ArchiveFile, 'name' | 'length' | 'sha256'>): Promise<void> {
    const hash = createHash('sha256');
    let read = 0;
    await reading(name, async () => {
      for await (const chunk of createReadStream(join(this.#folder, name))) {
        const bytes = chunk as Buffer;
        read += bytes.length;
        hash.update(bytes);
      }
    });
    requireLength(name, read, length);
    if (hash.digest('hex') !== sha256) throw new ArchiveUnreadable(name, 'its bytes were changed');
  }
}

function requireLength(file: string, found: number, written: number): void {
  if (found !== written) throw new ArchiveUnreadable(file, `it has ${found} bytes and not ${written}`);
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function reading<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ArchiveUnreadable(file, `it can't be read (${reason})`, { cause: error });
  }
}

/** Throws when the file ends before. */
async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) throw new RangeError(`it ends at byte ${position + read}`);
    read += bytesRead;
  }
  return bytes;
}

function requireWhole(
  { node, firstVersion, lastVersion }: PlacedStretch,
  facts: readonly StoredFact[],
): readonly StoredFact[] {
  const isWhole =
    facts.length === lastVersion - firstVersion + 1 &&
    facts.every(({ fact }, index) => fact.node === node && fact.version === firstVersion + index);
  if (isWhole) return facts;
  throw new RangeError(
    `it does not hold facts ${firstVersion} to ${lastVersion} of ${node} where they should be`,
  );
}

interface Unfinished {
  readonly folder: string;
  readonly owner: string;
  readonly unfinished: string;
  readonly handle: FileHandle;
  readonly header: Buffer;
  readonly syncMarker: Buffer;
}

class UnfinishedFile implements NewArchiveFile {
  readonly #file: Unfinished;
  readonly #hash = createHash('sha256');
  #length: number;
  #isFinished = false;

  constructor(file: Unfinished) {
    this.#file = file;
    this.#length = file.header.length;
    this.#hash.update(file.header);
  }

  get length(): number {
    return this.#length;
  }

  async add(facts: readonly StoredFact[]): Promise<Stretch> {
    const first = facts[0]?.fact;
    const last = facts.at(-1)?.fact;
    if (first === undefined || last === undefined) throw new RangeError('a stretch has at least one fact');
    const { handle, header, syncMarker } = this.#file;
    const bytes = await encodeFacts(facts, syncMarker);
    await handle.writeFile(bytes);
    this.#hash.update(bytes);
    const offset = this.#length;
    this.#length += bytes.length;
    return {
      node: first.node,
      firstVersion: first.version,
      lastVersion: last.version,
      offset,
      length: bytes.length,
      sha256: digestOf(Buffer.concat([header, bytes])),
    };
  }

  async finish(): Promise<ArchiveFile> {
    const { folder, owner, unfinished, handle, header } = this.#file;
    const sha256 = this.#hash.digest('hex');
    const name = `${owner}-${sha256.slice(0, 16)}.avro`;
    await handle.sync();
    await handle.close();
    await rename(unfinished, join(folder, name));
    this.#isFinished = true;
    await keepNames(folder);
    return { name, headerLength: header.length, length: this.#length, sha256 };
  }

  async abandon(): Promise<void> {
    if (this.#isFinished) return;
    await this.#file.handle.close();
    await rm(this.#file.unfinished, { force: true });
  }
}

/** A new name is on disk when its folder is. */
async function keepNames(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
