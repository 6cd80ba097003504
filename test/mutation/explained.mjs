const sameWithout = 'called only where a process runs';
const asksNothing = 'asked for in a list or a number, undefined gives the same answer';
const reasonOfNoCancel = 'only a process that is cancelled gives this reason, and this one goes elsewhere';
const heardWithNoOther = 'no stage asks or does it with any other event';
const endsBefore = 'where a process goes to any other end it has gone before this is asked';
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
  'services/maintenance/decide/believed-again.ts': {
    'distrusted !== undefined -> true': sameAsJson,
  },
  'services/maintenance/decide/boots.ts': {},
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
  'workflows/stages/verify.ts': {},
  'workflows/maintenance.ts': {
    '{ context: {} as ProcessContext, events: {} as WorkflowEvent, input: {} as ProcessContext, } -> {}':
      'types, of which nothing is left when it runs',
    "event.type !== 'migration.replied' -> false": heardWithNoOther,
    "event.type !== 'node.recreated' -> false": heardWithNoOther,
    "event.type === 'order.dismiss' -> true": heardWithNoOther,
    "event.type === 'node.rebooted' -> true": heardWithNoOther,
    '[] -> ["Stryker was here"]': 'what has no uid is none of the pods that were asked to move',
    'observation?.image -> observation.image': 'asked only of a node that was seen to have booted',
    'context.settleTo === parameters.end -> true': endsBefore,
    'bootId === undefined -> false': sameAsJson,
    'machineId === undefined -> false': sameAsJson,
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
