import { Type } from '@sinclair/typebox';

/** What every order says: why, by whom, and whether it is meant. */
export const givenBy = {
  reason: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' }),
  subject: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Only where no operators are configured.' }),
  ),
  dryRun: Type.Optional(Type.Boolean()),
};
