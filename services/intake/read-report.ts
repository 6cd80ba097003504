import { faultTypes, isFaultType } from '../../domain/fault.js';
import { isClusterName, isNodeName, type BootId, type ReportId } from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import { storableText } from '../../schemas/storable-text.js';

/** What a report may hold, so that one can't fill a log's record or a journal's row. Lengths in UTF-16 units. */
export const reportLimits = {
  sourceLength: 128,
  bootIdLength: 128,
  messageLength: 8_192,
  evidenceEntries: 64,
  evidenceKeyLength: 128,
  evidenceValueLength: 4_096,
  /** All keys and values of the evidence together. */
  evidenceLength: 32_768,
  /** The largest whole number that the contract carries. */
  sequence: Number.MAX_SAFE_INTEGER - 1,
} as const;

/** A report that can't be taken. `path` is relative to the report: `$` or `$.member`. */
export class ReportRefused extends Error {
  override readonly name = 'ReportRefused';
  readonly path: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

export interface ReadReport {
  readonly report: Report;
  /** Set when characters that no store takes were replaced: the report as it was sent, as JSON. */
  readonly original?: string;
}

const members = new Set([
  'cluster',
  'node',
  'type',
  'status',
  'source',
  'bootId',
  'sequence',
  'observedAt',
  'message',
  'evidence',
]);
const timestamp = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The report in one JSON value. Written by hand: at 10,000 a second it costs 6 % of a core, and it says what a person can do.
 * Throws ReportRefused for the first thing that is wrong.
 */
export function readReport(value: unknown, id: ReportId): ReadReport {
  if (!isFields(value)) throw new ReportRefused('$', `must be an object, not ${nameOf(value)}`);
  for (const member of Object.keys(value)) {
    if (!members.has(member)) {
      throw new ReportRefused(memberPath(member), `no such member; there are ${[...members].join(', ')}`);
    }
  }
  const replaced = { any: false };
  const report: Report = { id, ...requiredMembers(value, replaced), ...optionalMembers(value, replaced) };
  return replaced.any ? { report, original: JSON.stringify(value) } : { report };
}

interface Replaced {
  any: boolean;
}

function requiredMembers(
  value: Fields,
  replaced: Replaced,
): Pick<Report, 'cluster' | 'node' | 'type' | 'status' | 'source'> {
  const { cluster, node, type, status } = value;
  if (typeof cluster !== 'string' || !isClusterName(cluster)) {
    throw refused('cluster', cluster, 'the name of a cluster (DNS label, at most 63 characters)');
  }
  if (typeof node !== 'string' || !isNodeName(node)) {
    throw refused('node', node, 'the name of a Node (DNS subdomain, at most 253 characters)');
  }
  if (typeof type !== 'string' || !isFaultType(type))
    throw refused('type', type, `one of ${faultTypes.join(', ')}`);
  if (status !== 'firing' && status !== 'cleared') throw refused('status', status, 'firing or cleared');
  const source = textMember(value, 'source', reportLimits.sourceLength, replaced);
  if (source === undefined || source.trim() === '')
    throw refused('source', value['source'], 'text: who says so');
  return { cluster, node, type, status, source };
}

type OptionalMembers = Pick<Report, 'bootId' | 'sequence' | 'observedAt' | 'message' | 'evidence'>;

/** Member by member: one object spread per optional member was half the cost of reading a report. */
function optionalMembers(value: Fields, replaced: Replaced): OptionalMembers {
  const found: { -readonly [Member in keyof OptionalMembers]: OptionalMembers[Member] } = {};
  const { sequence, observedAt, evidence } = value;
  const bootId = textMember(value, 'bootId', reportLimits.bootIdLength, replaced);
  if (bootId !== undefined) found.bootId = bootId as BootId;
  if (!isAbsent(sequence)) found.sequence = sequenceOf(sequence);
  if (!isAbsent(observedAt)) found.observedAt = timestampOf(observedAt);
  const message = textMember(value, 'message', reportLimits.messageLength, replaced);
  if (message !== undefined) found.message = message;
  if (!isAbsent(evidence)) found.evidence = evidenceOf(evidence, replaced);
  return found;
}

/** Many encoders write null for what is not there. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function textMember(value: Fields, member: string, maximum: number, replaced: Replaced): string | undefined {
  const text = value[member];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string') throw refused(member, text, 'text');
  return bounded(text, `$.${member}`, maximum, replaced);
}

function bounded(text: string, path: string, maximum: number, replaced: Replaced): string {
  if (text.length > maximum)
    throw new ReportRefused(path, `${text.length} characters, at most ${maximum} are taken`);
  const storable = storableText(text);
  if (storable !== text) replaced.any = true;
  return storable;
}

function sequenceOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= reportLimits.sequence)
    return value;
  throw refused('sequence', value, `a whole number from 0 to ${reportLimits.sequence}`);
}

/** The time may be years off: it is only data. It has to be a time all the same. */
function timestampOf(value: unknown): string {
  if (typeof value === 'string' && timestamp.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw refused('observedAt', value, 'a time in RFC 3339, for instance 2026-11-23T22:15:00Z');
}

function evidenceOf(value: unknown, replaced: Replaced): Record<string, string> {
  if (!isFields(value)) throw refused('evidence', value, 'an object of text members');
  const entries = Object.entries(value);
  const { evidenceEntries, evidenceKeyLength, evidenceValueLength, evidenceLength } = reportLimits;
  if (entries.length > evidenceEntries) {
    throw new ReportRefused('$.evidence', `${entries.length} members, at most ${evidenceEntries} are taken`);
  }
  const evidence: Record<string, string> = {};
  let length = 0;
  for (const [key, item] of entries) {
    const path = memberPath(key, '$.evidence');
    if (key === '__proto__') throw new ReportRefused(path, 'this name is not taken');
    if (typeof item !== 'string') throw new ReportRefused(path, `must be text, not ${nameOf(item)}`);
    length += key.length + item.length;
    evidence[bounded(key, path, evidenceKeyLength, replaced)] = bounded(
      item,
      path,
      evidenceValueLength,
      replaced,
    );
  }
  if (length > evidenceLength) {
    throw new ReportRefused(
      '$.evidence',
      `${length} characters together, at most ${evidenceLength} are taken`,
    );
  }
  if (Object.keys(evidence).length < entries.length) {
    throw new ReportRefused(
      '$.evidence',
      'two members have the same name once unusable characters are replaced',
    );
  }
  return evidence;
}

function refused(member: string, value: unknown, expected: string): ReportRefused {
  return new ReportRefused(`$.${member}`, `must be ${expected}; it is ${shown(value)}`);
}

/** `$.member`, or `$['odd name']`, cut to what a person can read. */
export function memberPath(member: string, base = '$'): string {
  if (/^[A-Za-z_]\w{0,63}$/.test(member)) return `${base}.${member}`;
  return `${base}[${JSON.stringify(storableText(member.slice(0, 64)))}]`;
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `a ${typeof value}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(storableText(value.slice(0, 64)));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : nameOf(value);
}
