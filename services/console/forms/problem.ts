import { Type, type Static } from '@sinclair/typebox';

import { apiVersion, form, word } from './form.js';

/** Every reason for which the console refuses, with its HTTP status. */
export const consoleProblems = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  OrderNotTaken: 409,
  ChangeOver: 409,
  KeyReused: 422,
  Unavailable: 503,
  Internal: 500,
} as const;
export type ConsoleProblemCode = keyof typeof consoleProblems;

export const problem = form(
  'Problem',
  {
    code: word(Object.keys(consoleProblems) as readonly ConsoleProblemCode[]),
    message: Type.String(),
    next: Type.String({ description: 'What to do.' }),
  },
  'Why a request was refused.',
);
export type Problem = Static<typeof problem>;

/** A request that can't be granted; answered as a Problem. */
export class ConsoleRefusal extends Error {
  override readonly name = 'ConsoleRefusal';
  readonly code: ConsoleProblemCode;
  readonly next: string;
  constructor(code: ConsoleProblemCode, message: string, next: string) {
    super(message);
    this.code = code;
    this.next = next;
  }
}

export function problemOf(code: ConsoleProblemCode, message: string, next: string): Problem {
  return { apiVersion, kind: 'Problem', code, message, next };
}
