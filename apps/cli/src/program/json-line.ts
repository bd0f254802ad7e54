/** Writes a value as one line of JSON; 64-bit integers become numbers where that is exact, else strings. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? plainInteger(item) : item))}\n`;
}

function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
