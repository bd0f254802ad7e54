/** Gives a part of a response that the contract promises; a service that leaves it out has a defect. */
export function requirePresent<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new Error(`the service answered without ${what}`);
  return part;
}
