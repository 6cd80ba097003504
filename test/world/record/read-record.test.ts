import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { readRecord, readRecordFile, RecordUnreadable } from '../../../world/record/read-record.js';
import { kindOf, symptoms } from '../../../world/record/symptoms.js';

const header = 'node,started,fixed,down_minutes,category,cause,node_count';
const good = '3,2002-05-06T08:45,2002-05-06T09:15,30,Hardware,CPU,1024';

function dirtyReason(line: string): string | undefined {
  return readRecord(`${header}\n${good}\n${line}\n`, { nodes: 1024 }).dirty[0]?.reason;
}

describe('the records of Los Alamos', () => {
  it.each([
    ['data/lanl/system-18.csv', 1024, 3997],
    ['data/lanl/system-20.csv', 512, 2478],
  ])('%s is read whole: only overlaps are dirty', async (path, nodes, size) => {
    const record = await readRecordFile(path, { nodes });
    expect(record.rows.length + record.dirty.length).toBe(size);
    expect(new Set(record.dirty.map((row) => row.reason))).toEqual(new Set(['OverlapsOnNode']));
    expect(record.dirty.length).toBeLessThan(size / 100);
  });

  it('every category and cause of both has its symptom, and no symptom is there for nothing', async () => {
    const named = new Set<string>();
    for (const path of ['data/lanl/system-18.csv', 'data/lanl/system-20.csv']) {
      const rows: Record<string, string>[] = parse(await readFile(path, 'utf8'), { columns: true });
      for (const row of rows) {
        named.add(`${row['category'] ?? ''}/${row['cause'] ?? ''}`);
        expect(kindOf(row['category'] ?? '', row['cause'] ?? ''), JSON.stringify(row)).toBeDefined();
      }
    }
    const covered = Object.entries(symptoms).flatMap(([category, causes]) =>
      Object.keys(causes).map((cause) => `${category}/${cause}`),
    );
    expect(covered.filter((entry) => !named.has(entry))).toEqual([]);
  });
});

describe('a dirty row', () => {
  it.each([
    ['MissingField', '4,2002-05-06T08:45,2002-05-06T09:15,30,Hardware,,1024'],
    ['MissingField', '4,2002-05-06T08:45'],
    ['Malformed', '"4'],
    ['NodeOutOfRange', '1024,2002-05-06T08:45,2002-05-06T09:15,30,Hardware,CPU,1024'],
    ['NodeOutOfRange', '-1,2002-05-06T08:45,2002-05-06T09:15,30,Hardware,CPU,1024'],
    ['NodeOutOfRange', 'n4,2002-05-06T08:45,2002-05-06T09:15,30,Hardware,CPU,1024'],
    ['BadDate', '4,2002-02-30T08:45,2002-05-06T09:15,30,Hardware,CPU,1024'],
    ['BadDate', '4,2002-05-06T08:45,soon,30,Hardware,CPU,1024'],
    ['FixBeforeStart', '4,2002-05-06T08:45,2002-05-06T08:44,-1,Hardware,CPU,1024'],
    ['UnknownCategory', '4,2002-05-06T08:45,2002-05-06T09:15,30,Firmware,CPU,1024'],
    ['UnknownCategory', '4,2002-05-06T08:45,2002-05-06T09:15,30,constructor,CPU,1024'],
    ['UnknownCause', '4,2002-05-06T08:45,2002-05-06T09:15,30,Hardware,toString,1024'],
    ['OverlapsOnNode', '3,2002-05-06T09:14,2002-05-06T09:15,1,Hardware,CPU,1024'],
  ])('is told apart: %s', (reason, line) => {
    expect(dirtyReason(line)).toBe(reason);
  });

  it('leaves its neighbours alone, and a failure right after a repair is no overlap', () => {
    const text = [header, good, 'what,is', good.replace(/^3,.*09:15/, '3,2002-05-06T09:15,2002-05-06T10:00')];
    const record = readRecord(text.join('\n'), { nodes: 4 });
    expect(record.rows.map((row) => row.line)).toEqual([2, 4]);
    expect(record.dirty).toEqual([{ line: 3, reason: 'MissingField', detail: 'no fixed' }]);
  });
});

describe('a record', () => {
  it('can be cut to its first days', async () => {
    const whole = await readRecordFile('data/lanl/system-18.csv', { nodes: 1024 });
    const cut = await readRecordFile('data/lanl/system-18.csv', { nodes: 1024, days: 30 });
    expect(cut.rows.length).toBeGreaterThan(0);
    expect(whole.rows.slice(0, cut.rows.length)).toEqual(cut.rows);
  });

  it('cut to its first days leaves out the dirty rows of later days too', () => {
    const text = [
      'node,started,fixed,category,cause',
      '1,2003-01-01T08:00,2003-01-01T10:00,Hardware,CPU',
      '1,2003-01-01T09:00,2003-01-01T11:00,Hardware,CPU',
      '2,2003-05-01T08:00,2003-05-01T10:00,Hardware,CPU',
      '2,2003-05-01T09:00,2003-05-01T11:00,Hardware,CPU',
      '3,2003-05-01T09:00,2003-05-01T11:00,Hardware,Flux Capacitor',
      '3,sometime,2003-05-01T11:00,Hardware,CPU',
      '8,2003-01-01T09:00,2003-01-01T11:00,Hardware,CPU',
      '8,2003-05-01T09:00,2003-05-01T11:00,Hardware,CPU',
      '8,sometime,2003-05-01T11:00,Hardware,CPU',
    ].join('\n');
    const { rows, dirty } = readRecord(text, { nodes: 8, days: 10 });
    expect(rows.map(({ line }) => line)).toEqual([2]);
    expect(dirty.map(({ line }) => line)).toEqual([3, 7, 8, 10]);
  });

  it('without a needed column is refused by naming the column', () => {
    expect(() => readRecord('node,started,fixed,category\n', { nodes: 1 })).toThrow(/cause/);
    expect(() => readRecord('', { nodes: 1 })).toThrow(RecordUnreadable);
  });

  it('that does not exist is refused by naming the path', async () => {
    await expect(readRecordFile('data/no-such.csv', { nodes: 1 })).rejects.toThrow('data/no-such.csv');
  });
});
