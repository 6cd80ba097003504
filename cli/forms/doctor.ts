import { Type, type Static } from '@sinclair/typebox';

import { form, instant, part, word } from '../../services/console/forms/form.js';

export const doctorCheck = part({
  what: Type.String({ description: 'What was tried, and where.' }),
  result: word(
    ['ok', 'attention', 'failed', 'skipped'],
    'attention: it works, and somebody has to see to something.',
  ),
  detail: Type.String({ description: 'What was found.' }),
  next: Type.Optional(Type.String({ description: 'What to do; only where it is not ok.' })),
});
export type DoctorCheck = Static<typeof doctorCheck>;

const many = { count: Type.Integer({ minimum: 0 }), oldest: Type.Optional(instant) };

/** What is open in the installation, counted. */
export const doctorState = part({
  journalEpoch: Type.Integer(),
  logEpoch: Type.Integer(),
  paused: Type.Boolean({ description: 'A new journal epoch waits until everything was observed.' }),
  parkedNodes: Type.Array(part({ cluster: Type.String(), kind: Type.String(), ...many })),
  deadLetters: Type.Array(part({ topic: Type.String(), ...many }), {
    description: 'Those that nobody has retried or dropped.',
  }),
  waitingForPerson: Type.Array(part({ cluster: Type.String(), workflow: Type.String(), ...many })),
  outbox: part(many),
  commands: Type.Array(
    part({
      cluster: Type.String(),
      command: Type.String(),
      state: word(['waiting', 'attempting']),
      reason: Type.String({ description: 'Why it waits, in a word.' }),
      ...many,
    }),
    { description: 'Without a result.' },
  ),
});
export type DoctorState = Static<typeof doctorState>;

export const doctorReport = form(
  'DoctorReport',
  {
    configuration: Type.String(),
    checks: Type.Array(doctorCheck),
    state: Type.Optional(doctorState),
  },
  'Every connection and permission that the configuration needs, tried; and what waits for somebody.',
);
export type DoctorReport = Static<typeof doctorReport>;
