import type { DoctorCheck } from '../forms/doctor.js';

/** Why something failed, by somebody who also knows what to do about it. */
export class Diagnosed extends Error {
  override readonly name = 'Diagnosed';
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}

/** Tries one thing. What it resolves with is the detail; what it rejects with is why it failed. */
export async function attempt(
  what: string,
  next: string,
  tried: () => Promise<string>,
): Promise<DoctorCheck> {
  try {
    return { what, result: 'ok', detail: await tried() };
  } catch (error) {
    if (error instanceof Diagnosed)
      return { what, result: 'failed', detail: error.message, next: error.next };
    return { what, result: 'failed', detail: messageOf(error), next };
  }
}

export function skipped(what: string, detail: string, next: string): DoctorCheck {
  return { what, result: 'skipped', detail, next };
}

/** The innermost message says most: "fetch failed" is only its wrapping. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  if (error.cause instanceof Error) return messageOf(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code || error.name : error.message;
}
