/** Something that one copy does at a time. */
export interface Duty {
  /** False while anybody has it, this process included. It is let go when this process dies. */
  acquire(): Promise<boolean>;
  release(): Promise<void>;
  /** Acquired, and not lost with its connection since: a hint, since that may be noticed late. */
  holds(): boolean;
}
