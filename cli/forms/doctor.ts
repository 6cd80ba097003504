import { Type, type Static } from '@sinclair/typebox';

import { form, part, word } from '../../services/console/forms/form.js';

export const doctorCheck = part({
  what: Type.String({ description: 'What was tried, and where.' }),
  result: word(['ok', 'failed', 'skipped']),
  detail: Type.String({ description: 'What was found.' }),
  next: Type.Optional(Type.String({ description: 'What to do; only where it failed or was skipped.' })),
});
export type DoctorCheck = Static<typeof doctorCheck>;

export const doctorReport = form(
  'DoctorReport',
  { configuration: Type.String(), checks: Type.Array(doctorCheck) },
  'Every connection and permission that the configuration needs, tried.',
);
export type DoctorReport = Static<typeof doctorReport>;
