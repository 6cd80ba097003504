/** An event that can't be understood: it goes to the dead letters, with this message as the reason. */
export class EventUndecodable extends Error {
  override readonly name = 'EventUndecodable';
  constructor(event: string, problem: string, options?: ErrorOptions) {
    super(`${event}: ${problem}`, options);
  }
}
