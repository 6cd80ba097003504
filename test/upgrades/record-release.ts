import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LogRecord } from '../../adapters/ports/event-log.js';
import { replay } from '../../domain/evolve.js';
import { emptyNodeState, workflowNames } from '../../domain/node-state.js';
import { isEventName } from '../../schemas/codec.js';
import { packageVersion } from '../../cli/package-version.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import { payloadOf, type GoldenEvent } from './golden-event.js';
import type { GoldenHistory, GoldenStep } from './golden-history.js';
import {
  pinnedReleases,
  pinOf,
  recordedSums,
  releasedVersions,
  releaseFile,
  type Release,
} from './release.js';
import { recordRows } from './record-rows.js';
import { recordDismissals } from './record-dismissals.js';
import { recordReclaims } from './record-reclaims.js';
import { recordSchedule, type RecordedHistory } from './record-histories.js';

/** So many schedules are played; of their nodes those are kept that went where none before went. */
const schedules = 120;

/** What makes a step another one than those that are kept. */
function coursesOf({ node, steps }: RecordedHistory): readonly string[] {
  let state = emptyNodeState(node);
  return steps.map(({ input, facts }) => {
    const { process } = state;
    state = replay(node, facts, state);
    const from = [process?.workflow, process?.stage].join(' ');
    const to = [state.process?.workflow, state.process?.stage].join(' ');
    return JSON.stringify([from, heard(input), facts.map(({ type }) => type), to]);
  });
}

function heard(input: GoldenStep['input']): string {
  if (input.kind === 'report') return `report ${input.report.status}`;
  if (input.kind === 'migration-reply') return `reply ${input.reply.status}`;
  const { signal } = input;
  if (signal.kind === 'CommandResult') return `${signal.result.commandType} ${signal.result.status}`;
  return signal.kind === 'TimerFired' ? `timer ${signal.timer}` : signal.kind;
}

/** One record of each event, and of each kind of it. */
async function goldenEvents(records: readonly LogRecord[]): Promise<readonly GoldenEvent[]> {
  const kept = new Map<string, GoldenEvent>();
  for (const { topic, key, value, headers } of records) {
    const event = (headers['ce_type'] ?? '').replace('dev.faultline.', '');
    if (value === undefined || key === undefined || !isEventName(event)) continue;
    const framed = value.toString('base64');
    const payload = await payloadOf({ event, value: framed });
    if (payload === undefined) continue;
    const { type, kind, status } = payload as Record<string, unknown>;
    const name = JSON.stringify([topic, event, type, kind, status]);
    if (!kept.has(name)) kept.set(name, { topic, key, headers, value: framed, event, payload });
  }
  return [...kept.values()];
}

async function record(): Promise<{
  readonly histories: readonly RecordedHistory[];
  readonly events: readonly GoldenEvent[];
}> {
  const seen = new Set<string>();
  const histories: RecordedHistory[] = [];
  const records: LogRecord[] = [];
  const keepIfNew = (history: RecordedHistory): void => {
    const courses = coursesOf(history);
    if (courses.every((course) => seen.has(course))) return;
    for (const course of courses) seen.add(course);
    histories.push(history);
  };
  for (let seed = 1; seed <= schedules; seed += 1) {
    const schedule = await recordSchedule(seed);
    records.push(...schedule.records);
    schedule.histories.forEach(keepIfNew);
  }
  recordReclaims().forEach(keepIfNew);
  // What they differ in stands in the context alone, so none of them goes where none before went.
  histories.push(...recordDismissals());
  return { histories, events: await goldenEvents(records) };
}

const asJson = (value: object): string => JSON.stringify(value);

function writeLines(file: string, lines: readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, gzipSync(lines.map((line) => `${line}\n`).join(''), { level: 9 }));
  process.stderr.write(`${file}: ${lines.length} lines\n`);
}

/** The histories, each with the place of its rules in one list. */
function withRules(histories: readonly RecordedHistory[]): readonly [object, ...GoldenHistory[]] {
  const all = [...new Set(histories.map(({ rules }) => JSON.stringify(rules)))];
  return [
    { rules: all.map((text) => JSON.parse(text) as object) },
    ...histories.map((history) => ({ ...history, rules: all.indexOf(JSON.stringify(history.rules)) })),
  ];
}

const version = packageVersion();
if (releasedVersions().includes(version) || pinnedReleases()[version] !== undefined) {
  process.stderr.write(
    `${version} is recorded already, and a release never changes: raise the version first\n`,
  );
  process.exit(1);
}
const { histories, events } = await withoutRealTime(record);
writeLines(releaseFile(version, 'histories.ndjson.gz'), withRules(histories).map(asJson));
writeLines(releaseFile(version, 'events.ndjson.gz'), events.map(asJson));
const { backup, schema } = await recordRows(histories, events, version);
writeLines(releaseFile(version, 'backup.ndjson.gz'), backup);
writeFileSync(releaseFile(version, 'schema.txt'), `${schema.join('\n')}\n`);
const release: Release = {
  sha256: recordedSums(version),
  workflows: [...workflowNames].sort(),
  events: [...new Set(events.map(({ event }) => event))].sort(),
};
writeFileSync(releaseFile(version, 'release.json'), `${JSON.stringify(release, undefined, 2)}\n`);
process.stderr.write(
  `write down in test/releases-pinned.json: ${JSON.stringify({ [version]: pinOf(version) }, undefined, 2)}\n`,
);
