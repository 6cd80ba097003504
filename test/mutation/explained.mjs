const sameWithout = 'called only where a process runs';
const asksNothing = 'asked for in a list or a number, undefined gives the same answer';
const reasonOfNoCancel = 'only a process that is cancelled gives this reason, and this one goes elsewhere';
const everyStageIsListed = 'no machine has a stage that is not listed: machines.test.ts sees to it';
const nobodyRunsIt = 'the actor is asked for and never run, and nobody sends it anything';
const sameAsJson = 'a member that is undefined is no member once it is stored';

/**
 * Mutants that no test can kill, by file, and why: as `npm run mutate -- --survivors FILE` shows them. In these files nothing else may
 * survive, and what is killed has to be taken out.
 * @type {Readonly<Record<string, Readonly<Record<string, string>>>>}
 */
export const explained = {
  'services/maintenance/decide/timers.ts': {
    'state.process?.context -> state.process.context': sameWithout,
    'context?.timersDue -> context.timersDue': sameWithout,
    'context === undefined -> false': sameWithout,
    'process === undefined -> false': sameWithout,
  },
  'services/maintenance/decide/faults.ts': {
    '\'\' -> "Stryker was here!"': 'a fault has a source',
    'bootId === undefined -> false': sameAsJson,
  },
  'services/maintenance/decide/decide-report.ts': {
    'report.bootId !== undefined -> true': asksNothing,
    'report.sequence !== undefined -> true': asksNothing,
    'outlived === undefined -> false': sameAsJson,
  },
  'services/maintenance/decide/flapping.ts': {
    '[] -> ["Stryker was here"]': 'what is no time was within no hour',
  },
  'workflows/catalog.ts': {
    '{ throw new TypeError(`${JSON.stringify(stage)} is not a stage: list it in workflows/orders.ts`); } -> {}':
      everyStageIsListed,
    "typeof stage !== 'string' || !isStage(stage) -> false": everyStageIsListed,
    "typeof stage !== 'string' || !isStage(stage) -> typeof stage !== 'string' && !isStage(stage)":
      everyStageIsListed,
    "typeof stage !== 'string' -> false": everyStageIsListed,
    'known !== undefined -> false': 'an actor that is made anew is the same, and takes longer',
    '{ input } -> {}': nobodyRunsIt,
    '\'\' -> "Stryker was here!"': nobodyRunsIt,
  },
  'workflows/policy.ts': {
    'faultType === undefined -> false': 'no fault type is called undefined',
  },
  'workflows/stages/common.ts': {
    '\'\' -> "Stryker was here!"': reasonOfNoCancel,
    '\'ordered\' -> ""': reasonOfNoCancel,
  },
  'workflows/stages/reclaim-node.ts': {
    'context.reclaims === undefined -> false': sameAsJson,
  },
  'workflows/stages/isolate.ts': {
    'context.reportedBootId === undefined -> false': sameAsJson,
    'context.stillFiring === undefined -> false': sameAsJson,
    'context.reclaims === undefined -> false': sameAsJson,
  },
  'workflows/stages/settle.ts': {
    '\'\' -> "Stryker was here!"': 'who isolates anew or is taken over gives no reason, and nobody reads it',
  },
  'workflows/stages/give-back.ts': {
    'context.reclaims === undefined -> false': sameAsJson,
    '\'\' -> "Stryker was here!"': 'who retires gives no reason, and nobody reads it',
  },
};
