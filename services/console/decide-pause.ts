import type { PauseId } from '../../domain/identifiers.js';
import { asDenied, questionOf, type Pause, type Verdict } from '../../domain/pause.js';
import { toInstant } from './forms/form.js';
import type { GuardReceipt, PauseVerdict, VerdictVerb } from './forms/guard.js';
import { ConsoleRefusal } from './forms/problem.js';
import { guardReceiptOf } from './pause-item.js';
import { pausesInForce, type GuardSource } from './read-guard.js';

async function refuseOver({ book }: GuardSource, id: string): Promise<never> {
  const row = await book.find(id as PauseId);
  const next = '`faultline guard status` lists those in force';
  if (row === undefined) throw new ConsoleRefusal('NotFound', `no pause ${id} is in force`, next);
  const { pause, ended } = row;
  const how =
    ended === undefined
      ? `its time ended at ${toInstant(pause.until ?? 0)}`
      : `${ended.how} by ${ended.by} at ${toInstant(ended.at)}: ${ended.reason}`;
  throw new ConsoleRefusal('NotFound', `${id} is over, ${how}`, next);
}

async function findInForce(source: GuardSource, id: string): Promise<Pause> {
  const { pauses } = await pausesInForce(source);
  return pauses.find((pause) => pause.id === id) ?? (await refuseOver(source, id));
}

/** A freeze or a rollout asks a person nothing, and what was denied asks no more. */
function refuseUnasked(pause: Pause, verb: VerdictVerb): void {
  const { id } = pause;
  const question = questionOf(pause);
  const thaw = `end it with: faultline guard thaw ${id} --reason WHY`;
  if (verb === 'thaw') return;
  if (question === undefined)
    throw new ConsoleRefusal(
      'OrderNotTaken',
      `${id} is a ${pause.rollout === undefined ? 'freeze' : 'rollout'}: nobody is asked whether it is real`,
      thaw,
    );
  if (verb === 'approve' && question.denied !== undefined)
    throw new ConsoleRefusal(
      'OrderNotTaken',
      `${id} was denied by ${question.denied.by}: ${question.denied.reason}`,
      thaw,
    );
}

/** False: it was so before, or somebody else ended it meanwhile. */
function carryOut(
  { book }: GuardSource,
  verb: VerdictVerb,
  pause: Pause,
  verdict: Verdict,
): Promise<boolean> {
  if (verb === 'deny') return book.deny(pause.id, verdict);
  return book.end(pause.id, { ...verdict, how: verb === 'thaw' ? 'thawed' : 'approved' });
}

/**
 * A person ends a pause, or answers what one asks. To deny again changes nothing, and the receipt says so.
 * @throws ConsoleRefusal NotFound (it is over, also by the same order before), OrderNotTaken
 */
export async function decidePause(
  source: GuardSource,
  verb: VerdictVerb,
  given: { readonly id: string; readonly order: PauseVerdict; readonly subject: string },
): Promise<GuardReceipt> {
  const { id, order, subject } = given;
  const { reason, dryRun = false } = order;
  const found = await findInForce(source, id);
  refuseUnasked(found, verb);
  const verdict = { by: subject, reason, at: source.now() };
  const changed = !dryRun && (await carryOut(source, verb, found, verdict));
  const pause = dryRun || changed ? found : await findInForce(source, id);
  const shown = changed && verb === 'deny' ? asDenied(pause, verdict) : pause;
  return guardReceiptOf(verb, shown, { changed, dryRun, subject, reason });
}
