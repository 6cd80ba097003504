import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avroFolder } from '../../schemas/avro-files.js';
import { checkSchemas, lockSchemas } from '../../schemas/check.js';

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'faultline-schemas-'));
  folder = join(home, 'avro');
  cpSync(avroFolder(), folder, { recursive: true });
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Field {
  name: string;
  type: unknown;
  doc?: string;
  default?: unknown;
}
interface Schema {
  namespace: string;
  name: string;
  doc: string;
  fields: Field[];
}

function edit(from: string, to: string, change: (schema: Schema) => void): void {
  const schema = JSON.parse(readFileSync(join(folder, from), 'utf8')) as Schema;
  change(schema);
  writeFileSync(join(folder, to), JSON.stringify(schema));
}

const report = 'report-received.v1.avsc';
const next = 'report-received.v2.avsc';
const problems = () => checkSchemas(folder).problems.map(({ file, problem }) => `${file}: ${problem}`);

function field(schema: Schema, name: string): Field {
  const found = schema.fields.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

describe('the schemas that ship', () => {
  it('follow the rules, and every one is published', () => {
    expect(checkSchemas()).toEqual({ problems: [], unpublished: [] });
  });
});

describe('a schema that was published', () => {
  beforeEach(() => {
    expect(lockSchemas(folder).problems).toEqual([]);
  });

  it('may be laid out otherwise', () => {
    edit(report, report, () => undefined);
    expect(checkSchemas(folder)).toEqual({ problems: [], unpublished: [] });
  });

  it('may not be edited, not even a doc, and the lock is not renewed over it', () => {
    edit(report, report, (schema) => (schema.doc += '!'));
    expect(problems()).toEqual([
      expect.stringMatching(/^report-received\.v1\.avsc: was published and has been edited/),
    ]);
    const before = readFileSync(join(home, 'published.lock.json'), 'utf8');
    expect(lockSchemas(folder).problems).toHaveLength(1);
    expect(readFileSync(join(home, 'published.lock.json'), 'utf8')).toBe(before);
  });

  it('may not go', () => {
    rmSync(join(folder, report));
    expect(problems()).toEqual([`${report}: was published and is gone: restore it`]);
  });

  it('is followed by a version with a new optional field, which is then published too', () => {
    edit(report, next, (schema) => {
      schema.fields.push({ name: 'rack', type: ['null', 'string'], doc: 'Rack.', default: null });
    });
    expect(checkSchemas(folder)).toEqual({ problems: [], unpublished: [next] });
    lockSchemas(folder);
    expect(checkSchemas(folder).unpublished).toEqual([]);
  });

  const incompatible: [string, (schema: Schema) => void, RegExp][] = [
    [
      'has a new field without default',
      (s) => s.fields.push({ name: 'rack', type: 'string', doc: 'Rack.' }),
      /can't read what/,
    ],
    ['lacks a field that old readers need', (s) => s.fields.shift(), /can't be read by/],
    [
      'has a field of another type',
      (s) => (field(s, 'sequence').type = ['null', 'string']),
      /can't read what/,
    ],
    [
      'has a wider type, which old readers lack',
      (s) => (field(s, 'sequence').type = ['null', 'double']),
      /can't be read by/,
    ],
    [
      'allows null where old readers need a value',
      (s) => Object.assign(field(s, 'source'), { type: ['null', 'string'], default: null }),
      /can't be read by/,
    ],
    ['bears another name', (s) => (s.namespace = 'dev.other'), /namespace must be dev\.faultline/],
  ];
  it.each(incompatible)('is followed by none that %s', (_name, change, reason) => {
    edit(report, next, change);
    expect(problems().some((line) => line.startsWith(next) && reason.test(line))).toBe(true);
  });

  it('is compared with every version since, not only the last', () => {
    edit(report, next, (schema) => {
      schema.fields.push({ name: 'rack', type: ['null', 'string'], doc: 'Rack.', default: null });
    });
    edit(next, 'report-received.v3.avsc', (schema) => {
      schema.fields = schema.fields.filter(({ name }) => name !== 'type');
    });
    const against = problems().filter((line) => line.startsWith('report-received.v3'));
    expect(against).toHaveLength(2);
  });
});

describe('a schema that breaks a rule of the contract', () => {
  const rules: [string, (schema: Schema) => void, RegExp][] = [
    [
      'an enum without default',
      (s) => (field(s, 'status').type = { type: 'enum', name: 'S', doc: 'd', symbols: ['A'] }),
      /UNKNOWN/,
    ],
    ['a field without doc', (s) => delete field(s, 'source').doc, /ReportReceived\.source has no doc/],
    [
      'null that is not the default',
      (s) => delete field(s, 'message').default,
      /null must come first and be the default/,
    ],
    ['a type that Avro does not have', (s) => (field(s, 'source').type = 'text'), /Avro refuses it/],
    ['the name of another event', (s) => (s.name = 'Other'), /must be named other\.v1\.avsc/],
  ];
  it.each(rules)('is refused: %s', (_name, change, reason) => {
    edit(report, report, change);
    expect(problems().some((line) => line.startsWith(report) && reason.test(line))).toBe(true);
  });

  it('is refused when an earlier version is not kept', () => {
    renameSync(join(folder, report), join(folder, next));
    expect(problems()).toEqual([`${next}: versions 1 to 1 must be kept`]);
  });
});
