import { FacetError } from '@facet/errors';
import { type output, type ZodError, type ZodType, z } from 'zod';

/** The variables of a process: `process.env`, or a plain record in tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a service's configuration from environment variables through `schema` (a zod object whose keys are variable
 * names, usually transformed into the config record) and freezes it. Empty values count as unset. Throws one
 * `invalid` error that lists every problem with the variable's name.
 */
export function readConfig<S extends ZodType>(schema: S, env: Environment): Readonly<output<S>> {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(set);
  if (result.success) return Object.freeze(result.data);
  throw new FacetError('invalid', `the configuration is wrong:\n${describeProblems(result.error, set)}`, {
    reason: 'CONFIGURATION_INVALID',
  });
}

const SECRET = /KEY|PASSWORD|SECRET|TOKEN/;

function describeProblems(error: ZodError, env: Environment): string {
  return error.issues
    .map(({ path, message }) => {
      const variable = String(path[0] ?? 'environment');
      return `  ${variable}: ${message} (${describeValue(variable, env[variable])})`;
    })
    .join('\n');
}

function describeValue(variable: string, value: string | undefined): string {
  if (value === undefined) return 'not set';
  return SECRET.test(variable) ? 'value hidden' : `it is ${JSON.stringify(redactPassword(value))}`;
}

/** Removes user and password from a URL, for logs and error messages. */
export function redactPassword(url: string): string {
  return url.replace(/\/\/[^/@\s]+@/, '//');
}

/** Reads a whole number within [min, max] from a variable; `fallback` when it is not set. */
export function integerVariable(fallback: number, { min, max }: { min: number; max: number }) {
  return z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      message: `must be a whole number from ${min} to ${max}`,
    })
    .default(fallback);
}
