import { strftime } from './strftime.ts';

/** The template called raise_exception: it does not take these messages. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** Longest range, as in the sandbox in which transformers runs templates. */
const MAX_RANGE = 100_000;

/** What every template can use beside its variables. */
export function templateGlobals(now: Date): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    range,
    strftime_now(format: unknown) {
      if (typeof format !== 'string') throw new Error('strftime_now() takes a format, such as "%Y-%m-%d"');
      return strftime(now, format);
    },
  };
}

function range(first: unknown, last?: unknown, by: unknown = 1): number[] {
  const [start, stop] = last === undefined ? [0, first] : [first, last];
  const bounds = [start, stop, by];
  if (!bounds.every(Number.isInteger)) throw new Error('range() takes whole numbers');
  const [from, to, step] = bounds as [number, number, number];
  if (step === 0) throw new Error('range() has a step of 0');
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (length > MAX_RANGE) throw new Error(`range() of ${length} numbers; the limit is ${MAX_RANGE}`);
  return Array.from({ length }, (_, i) => from + i * step);
}
