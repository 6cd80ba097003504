import type { DoctorCheck, DoctorState } from '../forms/doctor.js';
import { ageOf } from '../output/age.js';

const minuteMs = 60_000;
/** Past these somebody should look; FaultlineOutboxStuck and FaultlineCommandsWaitTooLong alert by the same. */
const outboxLimitMs = 5 * minuteMs;
const commandLimitMs = 120 * minuteMs;

interface Counted {
  readonly count: number;
  readonly oldest?: string;
}

interface Judged {
  readonly what: string;
  readonly rows: readonly Counted[];
  readonly describe: string;
  readonly next: string;
}

function total(rows: readonly Counted[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

function sinceOf(rows: readonly Counted[], now: number): string {
  const [oldest] = rows.flatMap((row) => (row.oldest === undefined ? [] : [row.oldest])).sort();
  return oldest === undefined ? '' : `, the oldest for ${ageOf(oldest, now)}`;
}

/** Ok where there is none; else somebody has to see to it. */
function noneOf({ what, rows, describe, next }: Judged, now: number): DoctorCheck {
  const count = total(rows);
  if (count === 0) return { what, result: 'ok', detail: 'none' };
  return { what, result: 'attention', detail: `${count}${describe}${sinceOf(rows, now)}`, next };
}

function parkedNodes({ parkedNodes: rows }: DoctorState): Judged {
  const kinds = [...new Set(rows.map(({ kind }) => kind))].join(', ');
  return {
    what: 'parked nodes',
    rows,
    describe: ` (${kinds})`,
    next: '`faultline get nodes` names them, `faultline describe node` says why; then `faultline order retry CLUSTER/NODE`',
  };
}

function deadLetters({ deadLetters: rows }: DoctorState): readonly Judged[] {
  return rows.map((row) => ({
    what: `dead letters in ${row.topic}`,
    rows: [row],
    describe: '',
    next: '`faultline dlt list` and `dlt show ID`; mend the cause, then `faultline dlt retry` or `dlt drop`',
  }));
}

function people({ waitingForPerson: rows }: DoctorState): Judged {
  return {
    what: 'processes that wait for a person',
    rows,
    describe: '',
    next: '`faultline get processes --active`, `faultline describe process p-…` says why and which orders it takes',
  };
}

function outbox({ outbox: row }: DoctorState, now: number): DoctorCheck {
  const isOld = row.oldest !== undefined && now - Date.parse(row.oldest) > outboxLimitMs;
  const detail = row.count === 0 ? 'empty' : `${row.count} unsent${sinceOf([row], now)}`;
  if (!isOld) return { what: 'outbox', result: 'ok', detail };
  const next =
    'does a relay run, and do event log and schema registry answer it? Its log says what it waits for';
  return { what: 'outbox', result: 'attention', detail, next };
}

function commands({ commands: rows }: DoctorState, now: number): DoctorCheck {
  const what = 'open commands';
  const old = rows.filter(
    // A ticket is looked at for as long as people repair.
    ({ command, oldest }) =>
      command !== 'checkTicket' && oldest !== undefined && now - Date.parse(oldest) > commandLimitMs,
  );
  if (old.length === 0) return { what, result: 'ok', detail: `${total(rows)}, none too old` };
  const causes = old.map(({ command, cluster, reason }) => `${command} in ${cluster} (${reason})`);
  const next =
    'the reason says who holds it: docs/operations/runbooks/FaultlineCommandsWaitTooLong.md says what to do about each';
  return { what, result: 'attention', detail: `${causes.join(', ')}${sinceOf(old, now)}`, next };
}

function epochs({ journalEpoch, logEpoch, paused }: DoctorState): DoctorCheck {
  const what = 'epochs';
  const detail = `journal epoch ${journalEpoch}, log epoch ${logEpoch}${paused ? ', paused' : ''}`;
  if (!paused) return { what, result: 'ok', detail };
  const next =
    'start an executor: it goes on when every cluster was looked at; its log names the one that does not answer';
  return { what, result: 'attention', detail, next };
}

/** What of the state somebody has to see to, and how. */
export function judge(state: DoctorState, now: number): readonly DoctorCheck[] {
  return [
    noneOf(parkedNodes(state), now),
    ...deadLetters(state).map((one) => noneOf(one, now)),
    noneOf(people(state), now),
    outbox(state, now),
    commands(state, now),
    epochs(state),
  ];
}
