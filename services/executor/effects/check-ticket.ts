import { done, failed, type Effect } from '../effect.js';

/** Asks whether the people are done. */
export const checkTicket: Effect<'checkTicket'> = (command, world) => {
  const { tickets } = world;
  if (tickets === undefined) return Promise.resolve(failed('NoTicketSystem'));
  return Promise.resolve({
    kind: 'act',
    async act() {
      const { ticket } = command.parameters;
      const answer = await tickets.status(ticket);
      if (answer.kind === 'ok') return done({ ticket, repaired: answer.value === 'repaired' });
      return { kind: 'later', reason: `TicketSystem: ${answer.reason}` };
    },
  });
};
