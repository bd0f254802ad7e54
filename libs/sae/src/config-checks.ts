import { FacetError, quoteJson } from '@facet/errors';

/** A value and the key of the configuration that holds it. */
export interface Stated {
  name: string;
  value: unknown;
}

/** Refuses (invalid) two keys that say the same thing differently, with both values; absent and null say nothing. */
export function requireAgreement(source: string, first: Stated, second: Stated): void {
  if (!isStated(first.value) || !isStated(second.value)) return;
  if (first.value === second.value) return;
  throw new FacetError(
    'invalid',
    `${source}: ${first.name} is ${quoteJson(first.value)}, but ${second.name} is ${quoteJson(second.value)}; ` +
      'correct the one that is wrong',
    { reason: 'SAE_CONFIG_CONTRADICTORY' },
  );
}

/** Refuses (invalid) an option that means nothing beside another; `because` says which, and what follows. */
export function refuseStated(source: string, { name, value }: Stated, because: string): void {
  if (!isStated(value)) return;
  throw new FacetError('invalid', `${source}: ${name} is ${quoteJson(value)}, but ${because}`, {
    reason: 'SAE_CONFIG_CONTRADICTORY',
  });
}

/** Refuses (unimplemented) an option by name and value; `remedy` says what to do. */
export function refuseOption(source: string, { name, value }: Stated, remedy: string): never {
  throw new FacetError(
    'unimplemented',
    `${source}: ${name} ${quoteJson(value)} is not supported; ${remedy}`,
    {
      reason: 'SAE_OPTION_UNSUPPORTED',
    },
  );
}

/**
 * Refuses the first key that is not `known`, where its value asks for something: forks of a tool add options that change
 * what an SAE computes, and one that is not read would be left out without a word.
 */
export function refuseUnknownOptions(config: object, known: ReadonlySet<string>, source: string): void {
  for (const [name, value] of Object.entries(config)) {
    if (known.has(name) || !asksForSomething(value)) continue;
    refuseOption(
      source,
      { name: name.slice(0, 60), value },
      'it is unknown here and may change what the SAE computes: delete it if it does not',
    );
  }
}

/** Whether a value is there and asks for something: null, false and empty ones do not. */
export function asksForSomething(value: unknown): boolean {
  if (!isStated(value) || value === false || value === '' || value === 'none') return false;
  return typeof value !== 'object' || Object.keys(value as object).length > 0;
}

/** The layer in the name of a hook point, undefined for other names. */
export function layerOf(hookPoint: string | undefined): number | undefined {
  const layer = /^blocks\.(\d{1,4})\./.exec(hookPoint ?? '')?.[1];
  return layer === undefined ? undefined : Number(layer);
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null;
}
