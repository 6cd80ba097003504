import { maintenance } from '../maintenance.js';
import { askPerson } from './steps.js';

/** The recovery did not help: the next rung of the ladder, or a person. The node stays isolated in between. */
export function escalate() {
  return maintenance.createStateConfig({
    entry: ['enterStage', 'climbLadder'],
    on: {
      'ladder.exhausted': askPerson('nothing left to try'),
    },
  });
}

/** A stronger fault's workflow takes over; the node stays isolated in between. */
export function takeOver() {
  return maintenance.createStateConfig({
    entry: ['enterStage', 'replaceWorkflow'],
    on: {
      'ladder.exhausted': askPerson('nothing left to try'),
    },
  });
}
