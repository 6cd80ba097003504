/** A bug as somebody could have written it: one place of one file. */
export interface Plant {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** More of the same bug, in the same file. */
  readonly also?: readonly Pick<Plant, 'find' | 'replace'>[];
  /** The name of the story that was written for it, or how it begins: told first, where chance hardly ever comes to it. */
  readonly story?: string;
}

const decide = 'services/maintenance/decide';
const effects = 'services/executor/effects';
const memory = 'adapters/memory/journal';

/** Each must be found by the simulator. */
export const plants: readonly Plant[] = [
  {
    name: 'redelivered input is decided again',
    file: `${memory}/advance.ts`,
    find: 'if (offset < fence.nextOffset || isSeen) return false;',
    replace: '',
  },
  {
    name: 'what can not be read is dropped',
    file: `${memory}/advance.ts`,
    find: 'const dead = request.deadLetters.filter(({ offset }) => offset >= fence.nextOffset);',
    replace: 'const dead = request.deadLetters.slice(0, 0);',
  },
  {
    name: 'the outbox is marked by cursor',
    file: `${memory}/outbox.ts`,
    find: '.filter(({ entry }) => positions.has(entry.position))',
    replace: '.filter(({ entry }) => entry.position <= (entries.at(-1)?.position ?? 0n))',
  },
  {
    name: 'a result is settled without its signal',
    file: `${memory}/commands.ts`,
    find: 'this.#store.publish([entry]);',
    replace: 'void entry;',
  },
  {
    name: 'a timer fires and nobody hears of it',
    file: `${memory}/timers.ts`,
    find: 'this.#store.publish(entries);',
    replace: 'void entries;',
  },
  {
    name: 'counters are taken whatever their cap',
    file: `${memory}/take-counters.ts`,
    find: 'room <= 0',
    replace: 'room <= -100',
  },
  {
    name: 'marked as sent before the log has it',
    file: 'services/relay/run-relay.ts',
    find: '  try {\n    await eventLog.append(records);',
    replace: '  await outbox.markSent(entries, clock.now());\n  try {\n    await eventLog.append(records);',
  },
  {
    name: 'entries are sent in reverse',
    file: 'services/relay/run-relay.ts',
    find: 'await eventLog.append(records);',
    replace: 'await eventLog.append([...records].reverse());',
  },
  {
    name: 'the guard asks for nothing',
    file: 'domain/permit-request.ts',
    find: 'if (operation === undefined) return',
    replace: "if (operation !== 'migrate') return",
  },
  {
    name: 'the isolation permit is given back at once',
    file: 'services/guard/budgets.ts',
    find: "const until = canTakeOut(asked.request) ? 'returned' : 'settled';",
    replace: "const until = 'settled';",
  },
  {
    name: 'pauses hold nothing back',
    file: 'services/guard/answer.ts',
    find: 'if (pause !== undefined) return waitForEndOf',
    replace: 'if (pause !== undefined && now < 0) return waitForEndOf',
  },
  {
    name: 'a bad business metric holds nothing back',
    file: 'services/guard/answer.ts',
    find: 'if (held !== undefined) return',
    replace: 'if (held !== undefined && now < 0) return',
  },
  {
    name: 'a claim heeds no pause that began meanwhile',
    story: 'a node was isolated although a breaker had tripped: the claim to it had been on its way',
    file: `${memory}/commands.ts`,
    find: 'claim.guardVersion !== undefined && claim.guardVersion !== this.#store.guardVersion',
    replace: 'claim.guardVersion !== undefined && this.#store.guardVersion < 0',
  },
  {
    name: 'a command that others attempted is done by what was read before',
    file: 'services/executor/attempt.ts',
    find: 'claim.attempt !== queued.attempts + 1',
    replace: 'claim.attempt < 0',
  },
  {
    name: 'a claim that was answered late is acted on',
    story: 'power went off 14 minutes after the claim to it had run out',
    file: 'services/executor/attempt.ts',
    find: "claim.kind === 'claimed' && clock.now() >= runsOutAt",
    replace: "claim.kind === 'claimed' && runsOutAt < 0",
  },
  {
    name: 'an attempt that nobody saw end is made again',
    file: `${effects}/restart-component.ts`,
    find: 'if (world.unfinishedAttempt) {',
    replace: 'if (world.unfinishedAttempt && command.stageEntry < 0) {',
  },
  {
    name: 'power is switched off again by whoever does not know how the first try ended',
    story: 'power seemed to go off twice for one command: the request of a part that had died came late',
    file: `${effects}/power-off.ts`,
    find: 'if (world.unfinishedAttempt) {',
    replace: 'if (world.unfinishedAttempt && command.stageEntry < 0) {',
  },
  {
    name: 'reports are acknowledged before the log has them',
    file: 'services/intake/append-queue.ts',
    find: '  try {\n    await log.append(batch',
    replace:
      '  for (const { records, resolve } of batch) resolve(records.map(() => undefined));\n  try {\n    await log.append(batch',
  },
  {
    name: 'a node is given back without a look at it',
    file: 'workflows/reboot.ts',
    find: "booting: boot({ booted: 'verifying',",
    replace: "booting: boot({ booted: 'returning',",
  },
  {
    name: 'whoever answers under the name is taken for the node',
    file: 'services/executor/present.ts',
    find: 'if (isSomeoneElse(observation, command.expected, counts)) return',
    replace: 'if (isSomeoneElse(observation, {}, counts)) return',
  },
  {
    name: 'isolation is not looked for before harm is done',
    file: 'services/executor/present.ts',
    find: 'if (isolationTaint(node)?.value !== ownerMark(settings.installation, command.processId)) {',
    replace: "if (isolationTaint(node)?.value === 'never') {",
  },
  {
    name: 'a hold does not keep the node from being given back',
    file: `${effects}/give-back.ts`,
    find: "if (observation.hold !== undefined) return failed('Held', { observation, hold: observation.hold });",
    replace: '',
  },
  {
    name: "a person's cordon is taken away with ours",
    file: `${effects}/return-patch.ts`,
    find: "cordonOf(node, owner) === 'ours'",
    replace: 'node.spec.unschedulable === true',
  },
  {
    name: "a person's cordon is taken for ours that a person had taken away before",
    story:
      "a person's cordon was taken away with the isolation: a person had uncordoned before what we had cordoned",
    file: 'adapters/ports/node-marks.ts',
    find: "return isOurs ? 'ours' : 'doubtful';",
    replace: "return 'ours';",
  },
  {
    name: 'a second process begins while one runs',
    file: `${decide}/decide.ts`,
    find: 'if (draft.state.process !== undefined || draft.state.deleted === true) return;',
    replace: "if (draft.state.deleted === true || draft.input.kind !== 'report') return;",
  },
  {
    name: 'a report of an earlier boot opens a fault',
    file: `${decide}/decide-report.ts`,
    find: "if (report.bootId !== undefined && state.pastBootIds.includes(report.bootId)) return 'StaleBoot';",
    replace: '',
  },
  {
    name: 'ignored reports have no fate',
    file: 'services/maintenance/publish/outbox-writer.ts',
    find: 'decidedToEvent(reports)',
    replace: "decidedToEvent(reports.filter(({ fate }) => fate !== 'ignored'))",
  },
  {
    name: 'recovery is concluded from one look',
    file: 'workflows/maintenance.ts',
    find: 'context.healthy + 1 >= context.recipe.healthyObservations',
    replace: 'context.healthy + 1 >= 1',
  },
  {
    name: 'a deadline concludes what nobody has seen',
    story: 'the log was away, and deadlines came due before anybody had looked',
    file: 'workflows/maintenance.ts',
    find: 'context.lookHeldUp === true || isLongAgo(context, event, every)',
    replace: 'context.lookHeldUp === undefined && false && isLongAgo(context, event, every)',
  },
  {
    name: 'a bad look does not begin the count anew',
    file: 'workflows/stages/verify.ts',
    find: "{ actions: [...notWell, 'adoptIdentity'] }",
    replace: "{ actions: [noteLook('verifyIntervalMs'), 'countHealthy', 'adoptIdentity', notWell[2]] }",
  },
  {
    name: 'a process ends while an attempt is open',
    file: 'workflows/maintenance.ts',
    find: 'context.open.length === 0 && context.settleTo === parameters.end,\n    settlesIsolatedTo',
    replace: 'context.settleTo === parameters.end,\n    settlesIsolatedTo',
  },
  {
    name: 'a person is asked and nobody hears of it',
    file: `${decide}/process.ts`,
    find: "  else if (action.type === 'askPerson') askPerson(draft, step);",
    replace: "  else if (action.type === 'askPerson' && draft.at < 0) askPerson(draft, step);",
  },
  {
    name: 'pods are deleted before their deadline',
    file: 'workflows/stages/evacuate.ts',
    find: 'afterMs: Math.max(context.recipe.evacuationDeadlineMs, context.recipe.minimumNoticeMs),',
    replace: 'afterMs: context.recipe.minimumNoticeMs,',
  },
  {
    name: 'a pod is evicted as it is by now, and not as it was looked at',
    story: 'workload was told to go by a process that had taken its request back',
    file: 'services/migrator/move-pod.ts',
    find: 'const answer = await cluster.evictPod({ ...pod, resourceVersion: metadata.resourceVersion });',
    replace:
      'const now = await cluster.getPod(pod.namespace, pod.name);\n' +
      "  if (now.kind !== 'ok') return troubled(context, now, tries);\n" +
      '  const { resourceVersion } = now.value.metadata;\n' +
      '  const answer = await cluster.evictPod({ ...pod, resourceVersion });',
  },
  {
    name: 'a command runs although it was said to be revoked',
    file: `${memory}/advance.ts`,
    find: 'for (const { id } of revoked) revoke(store, store.commands.get(id));',
    replace: '',
  },
  {
    name: 'a timer that a clock ahead fired early is heard at once',
    file: `${decide}/timers.ts`,
    find: 'dueAt === undefined || dueAt <= draft.at',
    replace: 'dueAt === undefined || dueAt > 0',
  },
  {
    name: 'nobody sleeps until what waits is due',
    file: 'services/executor/executor.ts',
    find: 'queue.nextDue(this.#heads.readAt)',
    replace: 'queue.nextDue(Number.MAX_SAFE_INTEGER)',
  },
  {
    name: 'what could not be decided is not kept',
    file: 'adapters/journal/decide-batch.ts',
    find: "if (admission === 'wait' || admission === 'wait-then-take-up') batch.keep(input);\n}",
    replace: '}',
  },
  {
    name: 'commands of a parked node go on',
    file: `${memory}/store.ts`,
    find: "if (state.parked?.kind === 'failed') this.queues.rest(state.node);",
    replace: 'if (state.node.length === 0) this.queues.rest(state.node);',
  },
  {
    name: 'nobody tries again what could not be decided',
    file: 'services/maintenance/retry-parked.ts',
    find: 'if (due > 0) await retry',
    replace: 'if (due < 0) await retry',
  },
  {
    name: 'what the watch saw is patched, whatever it has become',
    story: 'a node that a person holds was isolated as a slow watch had seen it before',
    file: `${effects}/isolate-patch.ts`,
    find: '    ...asRead(node),\n    ...addTaints',
    replace: '    ...addTaints',
  },
  {
    name: 'a fault that was told again on this boot is verified away',
    file: `${decide}/decide-signal.ts`,
    find: 'if (isLookAtVerified(process, result) && hasOutlived(',
    replace: 'if (isLookAtVerified(process, result) && process.id.length === 0 && hasOutlived(',
  },
  {
    name: 'what was told of a machine is over with its Node object',
    story: 'a fault that an agent had told of once was over with its Node object',
    file: `${decide}/take-up-remembered.ts`,
    find: 'if (seen === undefined || seen !== draft.state.bootId) return;',
    replace: 'if (seen === undefined || seen.length > 0) return;',
  },
  {
    name: 'a machine is declared out of service without a look at its power',
    story: 'a machine was declared out of service that somebody had switched on again',
    file: `${effects}/fence-workload.ts`,
    find: 'whyNotOurs(node, command, world.settings) ?? whyNotOff(state);',
    replace: "whyNotOurs(node, command, world.settings) ?? whyNotOff({ ...state, power: 'Off' });",
  },
  {
    name: 'a fence is left when its machine is switched on',
    story: 'a machine was switched on while it was still declared out of service',
    file: `${effects}/power-on.ts`,
    find: "if (fencingTaint(node) !== undefined) return failed('StillFenced', { observation });",
    replace: '',
  },
  {
    name: 'a fence is said to be taken away and stays',
    story: 'a machine that had been declared out of service stayed so, and was never switched on',
    file: `${effects}/unfence-workload.ts`,
    find: 'if (fencingTaint(node) === undefined) return done({ observation });',
    replace: 'if (fencingTaint(node)?.key !== observation.nodeUid) return done({ observation });',
  },
  {
    name: 'nobody looks for what a lost journal had isolated',
    file: 'services/detector/orphans.ts',
    find: 'if (process === undefined || process !== active) nodes.push',
    replace: 'if (process !== undefined && process.length === 0) nodes.push',
  },
  {
    name: 'what a lost journal had isolated takes nothing from the fleet',
    file: 'services/detector/fleet-member.ts',
    find: '!ready || node.spec.unschedulable === true || isolationTaint(node) !== undefined,',
    replace: '!ready,',
  },
  {
    name: 'a hold does not keep harm away',
    file: 'services/executor/present.ts',
    find: "if (observation.hold !== undefined) return failed('Held', { observation, hold: observation.hold });",
    replace: '',
  },
  {
    name: 'nobody in particular is expected after isolation: no UID, boot or machine',
    file: 'workflows/maintenance.ts',
    find: `        expected: {
          nodeUid,
          ...(bootId === undefined ? {} : { bootId }),
          ...(machineId === undefined ? {} : { machineId }),
        },
        ...(bootId`,
    replace: `        expected: nodeUid.length === 0 && machineId === undefined ? {} : {},
        ...(bootId`,
  },
  {
    name: 'an open fault of one type never gets a process',
    file: `${decide}/ladder.ts`,
    find: 'fault !== undefined && fault.left === undefined)',
    replace: "fault !== undefined && fault.left === undefined && fault.type !== 'KubeletUnhealthy')",
  },
  {
    name: 'of what ends with its command as many as like are done at once',
    file: 'services/guard/budgets.ts',
    find: 'if (budget.atOnce === undefined) return [];',
    replace:
      "if (budget.atOnce === undefined || !(canTakeOut(asked.request) || asked.request.operation === 'power')) return [];",
  },
  {
    name: 'rates are not heeded',
    story: 'more was restarted at once, and within a quarter of an hour',
    file: 'services/guard/budgets.ts',
    find: '      cap: count,\n',
    replace: '      cap: 1_000_000 + count,\n',
  },
  {
    name: 'whatever an agent tells after its first clear is stale',
    file: `${decide}/decide-report.ts`,
    find: 'report.sequence <= cleared.sequence &&',
    replace: 'report.sequence >= 0 &&',
  },
  {
    name: 'recovery closes also what began since it was verified',
    file: `${decide}/end-process.ts`,
    find: "return fault.openedAt <= (context.verifyingSince ?? 0) ? 'closed' : undefined;",
    replace: "return 'closed';",
  },
  {
    name: 'a detector asks what the journal knows after it has listed',
    file: 'services/detector/fleet-watch.ts',
    find: `      await this.#whileBusy(() =>
        insist(this.#options, 'the question what the journal knows', () => this.#remember()),
      );
`,
    replace: '',
    also: [
      {
        find: '    for (let start = 0; start < nodes.length; start += together) {',
        replace:
          '    await this.#remember();\n    for (let start = 0; start < nodes.length; start += together) {',
      },
    ],
  },
  {
    name: 'the executor says of every condition that it is good',
    file: 'services/executor/present.ts',
    find: '.map(({ type, status }) => [type, status])',
    replace: ".map(({ type }) => [type, 'False' as const])",
  },
  {
    name: 'a node is given back on whatever boot it runs',
    story: 'a node was given back on another boot than the one that was verified',
    file: `${effects}/give-back.ts`,
    find: 'if (isSomeoneElse(observation, command.expected, { boot: true })) {',
    replace: 'if (isSomeoneElse(observation, command.expected, { boot: false })) {',
  },
  {
    name: 'who is to give a node back is not told which boot was verified',
    story: 'a node was given back on another boot than the one that was verified',
    file: `${decide}/process.ts`,
    find: '      expected,\n      mode,\n      faultType,\n      ...(reporter',
    replace:
      "      expected: action.type === 'giveBack' ? { ...expected, bootId: undefined } : expected,\n" +
      '      mode,\n      faultType,\n      ...(reporter',
  },
  {
    name: 'a node is isolated on whatever boot it runs',
    story: 'a node was isolated for what an agent had said of an earlier boot',
    file: `${effects}/isolate-node.ts`,
    find: "  if (hasRebooted(observation, parameters.reportedBootId)) return unneeded('StaleReport', observation);\n",
    replace: '',
  },
  {
    name: 'who is to isolate a node is not told which boot was reported',
    story: 'a node was isolated for what an agent had said of an earlier boot',
    file: `${decide}/process.ts`,
    find: "input.kind === 'report' ? input.report.bootId : (outlived ?? bootOf(fault))",
    replace: "input.kind === 'report' ? undefined : outlived",
  },
  {
    name: 'a workflow that takes over is held against nothing that shows its fault',
    story: 'a node was isolated for a stronger fault that had been over since its machine booted',
    file: `${decide}/process.ts`,
    find: 'const stillFiring = kept.isolated ? undefined : fault?.stillFiring;',
    replace: 'const stillFiring = kept.isolated && !kept.isolated ? fault?.stillFiring : undefined;',
  },
];
