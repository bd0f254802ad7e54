const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const DAY_MS = 86_400_000;

/** What each directive writes of a date: a text, or a number with its least digits. */
const DIRECTIVES: Readonly<Record<string, (date: Date) => string | [value: number, digits: number]>> = {
  a: (date) => DAYS[date.getDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getDay()]!,
  w: (date) => String(date.getDay()),
  d: (date) => [date.getDate(), 2],
  e: (date) => String(date.getDate()).padStart(2),
  b: (date) => MONTHS[date.getMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getMonth()]!,
  m: (date) => [date.getMonth() + 1, 2],
  y: (date) => [date.getFullYear() % 100, 2],
  Y: (date) => String(date.getFullYear()),
  H: (date) => [date.getHours(), 2],
  I: (date) => [date.getHours() % 12 || 12, 2],
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  M: (date) => [date.getMinutes(), 2],
  S: (date) => [date.getSeconds(), 2],
  j: (date) => [dayOfYear(date), 3],
  F: (date) => strftime(date, '%Y-%m-%d'),
  T: (date) => strftime(date, '%H:%M:%S'),
  '%': () => '%',
};

/**
 * Writes the local time as Python's `strftime` does in the C locale; `%-d` leaves leading zeros out. Throws for a directive that is not known
 * here.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([\s\S]|$)/g, (directive, bare: string, letter: string) => {
    const written = Object.hasOwn(DIRECTIVES, letter) ? DIRECTIVES[letter]!(date) : undefined;
    if (written === undefined) throw new Error(`strftime_now does not know ${directive}`);
    if (typeof written === 'string') return written;
    const [value, digits] = written;
    return String(value).padStart(bare === '-' ? 1 : digits, '0');
  });
}

function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return 1 + Math.round((day - Date.UTC(date.getFullYear(), 0, 1)) / DAY_MS);
}
