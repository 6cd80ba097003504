import { done, failed, type Effect } from '../effect.js';

/** Opens a ticket for the people who repair machines; the command's id keeps a second one from being opened. */
export const openTicket: Effect<'openTicket'> = (command, world) => {
  const { tickets } = world;
  if (tickets === undefined) return Promise.resolve(failed('NoTicketSystem'));
  return Promise.resolve({
    kind: 'act',
    async act() {
      const { id, node, parameters } = command;
      const answer = await tickets.open({ idempotencyKey: id, node, ...parameters });
      if (answer.kind === 'ok') return done({ ticket: answer.value.ticket });
      return { kind: 'later', reason: `TicketSystem: ${answer.reason}` };
    },
  });
};
