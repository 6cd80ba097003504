import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const repository = resolve(import.meta.dirname, '../..');

/** Any part of a YAML or JSON document, looked into step by step; a step that is not there fails the test by its path. */
export class Part {
  readonly value: unknown;
  readonly path: string;
  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  #members(): ReadonlyMap<string, unknown> {
    if (typeof this.value !== 'object' || this.value === null) return new Map();
    return new Map(Object.entries(this.value));
  }

  has(key: string): boolean {
    return this.#members().has(key);
  }

  at(...keys: readonly string[]): Part {
    const [key, ...rest] = keys;
    if (key === undefined) return this;
    if (!this.has(key)) throw new Error(`${this.path} has no ${key}`);
    return new Part(this.#members().get(key), `${this.path}.${key}`).at(...rest);
  }

  /** Elements of a list or members of a map, in their order; of what is absent, none. */
  each(key?: string): readonly (readonly [name: string, part: Part])[] {
    if (key !== undefined) return this.has(key) ? this.at(key).each() : [];
    return [...this.#members()].map(([name, value]) => [name, new Part(value, `${this.path}.${name}`)]);
  }

  text(): string {
    if (typeof this.value === 'string' || typeof this.value === 'number') return String(this.value);
    throw new Error(`${this.path} is no text`);
  }

  texts(): readonly string[] {
    return this.each().map(([, part]) => part.text());
  }
}

/** All documents of some YAML; `<<` merges as Compose does. */
export function yamlParts(source: string, name: string): readonly Part[] {
  return parseAllDocuments(source, { merge: true }).map((document, index) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return new Part(document.toJS(), `${name}[${index}]`);
  });
}

/** The documents of a file of this repository. */
export function yamlFile(path: string): readonly Part[] {
  return yamlParts(readFileSync(join(repository, path), 'utf8'), path);
}

/** The only document of a file of this repository. */
export function onlyDocument(path: string): Part {
  const [document, ...others] = yamlFile(path);
  if (document === undefined || others.length > 0) throw new Error(`${path} holds not one document`);
  return document;
}
