import { describe, expect, it } from 'vitest';

import { awaitProcess } from '../../cli/await-process.js';
import type { ServerClient } from '../../cli/server-client.js';
import { WaitingLines } from '../../cli/waiting-lines.js';
import { processCondition } from '../../cli/watch/condition.js';
import type { GuardNode } from '../../services/console/forms/guard.js';
import type { ProcessDescription } from '../../services/console/forms/processes.js';
import { testTerminal } from './run-command.js';

const at = '2026-01-31T08:00:00.000Z';
const process: ProcessDescription = {
  apiVersion: 'faultline.dev/v1',
  kind: 'Process',
  processId: 'p-1',
  cluster: 'a',
  node: 'n1',
  workflow: 'reboot',
  faultType: 'KernelDeadlock',
  stage: 'isolating',
  startedAt: at,
  active: true,
  orders: [],
  commands: [{ commandId: 'p-1.1.1', type: 'isolateNode', status: 'waiting', attempts: 0, createdAt: at }],
};

function waiting(reason: string, place?: number): GuardNode['waiting'] {
  const row = {
    commandId: 'p-1.1.1',
    processId: 'p-1',
    cluster: 'a',
    node: 'n1',
    faultType: 'KernelDeadlock',
  };
  const where = place === undefined ? {} : { place };
  return [{ ...row, type: 'isolateNode', reason, ...where, since: at, askedAgainAt: at, pauses: [] }];
}

interface Moment {
  readonly process?: Partial<ProcessDescription>;
  readonly waiting?: GuardNode['waiting'];
}

/** Each time that it is looked at, the next moment. */
function serverOf(moments: readonly Moment[]): ServerClient {
  let looks = 0;
  const client: Pick<ServerClient, 'get'> = {
    get: <Document>(path: string) => {
      const moment = moments[Math.min(Math.floor(looks / 2), moments.length - 1)] ?? {};
      looks += 1;
      const answer = path.startsWith('/v1/guard/')
        ? { waiting: moment.waiting ?? [] }
        : { ...process, ...moment.process };
      return Promise.resolve(answer as Document);
    },
  };
  return client as ServerClient;
}

async function told(moments: readonly Moment[], interactive: boolean): Promise<string> {
  const { terminal, written } = testTerminal({ interactive });
  await awaitProcess(terminal, serverOf(moments), {
    processId: 'p-1',
    until: processCondition('ended'),
    lines: new WaitingLines(terminal),
    onWaiting: () => undefined,
  });
  return written.err;
}

const moments: readonly Moment[] = [
  { waiting: waiting('BudgetFull: isolate/in-flight/a', 2) },
  { waiting: waiting('BudgetFull: isolate/in-flight/a', 2) },
  { waiting: waiting('BudgetFull: isolate/in-flight/a', 1) },
  { waiting: waiting('QuietHours: until 06:00') },
  {
    process: {
      commands: [{ ...process.commands[0], status: 'attempting' } as (typeof process.commands)[number]],
    },
  },
  { process: { stage: 'waitingForPerson', waitingFor: 'the machine does not boot' } },
  { process: { endedAt: at, outcome: 'Recovered' } },
];

describe('given a process that waits for one thing after another', () => {
  it('when a person looks on, then each is told once, when it changes: waiting was mute', async () => {
    expect(await told(moments, true)).toBe(
      [
        'p-1 waits for leave to isolateNode: BudgetFull: isolate/in-flight/a, place 2 in line',
        'p-1 waits for leave to isolateNode: BudgetFull: isolate/in-flight/a, place 1 in line',
        'p-1 waits for leave to isolateNode: QuietHours: until 06:00',
        'p-1 is in stage isolating: isolateNode is under way',
        'p-1 waits for a person: the machine does not boot',
        '',
      ].join('\n'),
    );
  });

  it('when nobody does, then a log gets a line in ten seconds', async () => {
    const err = await told(moments, false);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    const { terminal, written } = testTerminal();
    const lines = new WaitingLines(terminal);
    for (let second = 0; second < 25; second += 1) lines.tell(`second ${second}`, second * 1_000);
    expect(written.err).toBe('second 0\nsecond 10\nsecond 20\n');
  });
});
