import { describe, it } from 'vitest';
import { done, failed, isolated, observed, result, timer, unknown } from './events.js';
import { workflowSpec } from './workflow-spec.js';

const { given } = workflowSpec('component-restart');
const well = done('observeNode', { observation: observed() });

describe('component restart', () => {
  it('restarts the component of an isolated node without asking any pod to move', () => {
    given()
      .when(isolated)
      .then({ stage: 'restartingComponent', commands: ['restartComponent'] });
  });

  it('looks at the node when it was restarted, and also when nobody saw the end of that: it is not told twice', () => {
    for (const end of [done('restartComponent'), unknown('restartComponent')])
      given(isolated)
        .when(end)
        .then({ stage: 'verifying', commands: ['observeNode'], timers: ['verify-deadline'] });
  });

  it('gives the node back only when it was seen well as often as asked, on the boot that it had', () => {
    given(isolated, done('restartComponent'))
      .when(well)
      .then({ stage: 'verifying', timers: ['verify-check'], context: { healthy: 1 } });
    given(isolated, done('restartComponent'), well, timer('verify-check'))
      .when(well)
      .then({ stage: 'returning', commands: ['giveBack'] });
  });

  it('escalates when the restart was refused, and asks a person when the node is another one', () => {
    given(isolated).when(failed('restartComponent')).then({ stage: 'escalating' });
    given(isolated).when(result('restartComponent', 'unneeded')).then({ stage: 'waitingForPerson' });
  });
});
