/** What the exit code of the command says; scripts rely on it. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  timedOut: 5,
  differs: 6,
  leaveLost: 7,
  interrupted: 130,
} as const;

/** Of a command that was run for somebody and could not be begun, as in shells. */
export const notBegunExitCode = 127;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
