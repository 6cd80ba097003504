/** Where services say what they do; pino fits. Nothing that matters is only logged: what happened is in the journal. */
export interface Log {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
  error(about: object, message: string): void;
}
