import type { Invariant } from './invariant.js';

/** 2, continued. Once it was published that a command is revoked, nobody begins with it, and it has no other result. */
export function whatIsRevokedIsNotBegun(): Invariant {
  const revoked = new Set<string>();
  return {
    name: 'a command that was revoked is not begun any more',
    after: (happening) => {
      if (happening.kind === 'published') {
        const result = happening.record.event.Signal?.commandResult;
        if (result?.status === 'REVOKED') revoked.add(result.commandId);
      }
      const begins = happening.kind === 'claimed';
      const answers = happening.kind === 'let go' && happening.result !== undefined;
      return (begins || answers) && revoked.has(happening.command.id)
        ? `${happening.by} ${begins ? 'began with' : 'answered'} ${happening.command.id}, which was revoked`
        : undefined;
    },
  };
}
