const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Writes a count with separators: 1,234,567. */
export function formatCount(value: number | bigint): string {
  return COUNT.format(value);
}

/** Writes a rate with its unit, `42,000 tokens/s`; small ones keep one decimal. */
export function formatRate(perSecond: number, unit: string): string {
  const value = perSecond >= 10 ? formatCount(perSecond) : perSecond.toFixed(1);
  return `${value} ${unit}/s`;
}

/** Writes seconds as `0.42 s`, `12.3 s` or `3 min 04 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** Writes an estimate of seconds without pretending precision: whole ones, at least `1 s`. */
export function formatRemaining(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : formatSeconds(whole);
}

/** Writes a count with its noun: `1 shard`, `8 shards`. */
export function formatNumberOf(count: number | bigint, noun: string): string {
  return `${formatCount(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** Writes bytes in binary units: `64.0 MiB`. */
export function formatBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** Writes a share as a percentage: `12.3%`; small ones keep two significant digits. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0%';
  return percent >= 1 ? `${percent.toFixed(1)}%` : `${Number(percent.toPrecision(2))}%`;
}

/** Writes a measured value with `digits` significant digits, never in exponent form within everyday magnitudes. */
export function formatValue(value: number, digits = 3): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toFixed(decimals);
}
