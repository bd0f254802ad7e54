import { FacetError } from '@facet/errors';
import { parseId } from '@facet/mesh';
import type { Quantization } from '@facet/model-runtime';
import { z } from 'zod';
import type { ModelLocation } from './find-models.ts';

/** Which models hold their matrices in whole numbers, and in how many bits. */
export interface QuantizeChoice {
  /** For every model that is not named. */
  others?: Quantization['bits'] | undefined;
  /** By id, as FACET_MODELS gives it. */
  named: ReadonlyMap<string, Quantization['bits']>;
}

/** A model to load, and how its matrices are held. */
export interface ChosenModel extends ModelLocation {
  /** Absent where weights are computed with as they are stored. */
  quantization?: Quantization;
}

const FIELD = 'FACET_INFERENCE_QUANTIZE';
const FORMATS: ReadonlyMap<string, Quantization['bits']> = new Map([
  ['int8', 8],
  ['int4', 4],
]);

/** Names a way to hold matrices: `int8`, `int4`. */
export function formatOf({ bits }: Quantization): string {
  return `int${bits}`;
}

/** `int8` or `int4` for all models, or `id=int4` for one, separated by commas. @default none is quantized */
export const quantizeVariable = z
  .string()
  .default('')
  .transform((text, context): QuantizeChoice => {
    try {
      return parseChoice(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

function parseChoice(text: string): QuantizeChoice {
  const named = new Map<string, Quantization['bits']>();
  let others: QuantizeChoice['others'];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const [format = '', id] = item.split('=').reverse();
    const bits = FORMATS.get(format);
    const isTwice = id === undefined ? others !== undefined : named.has(id);
    if (bits === undefined || isTwice || item.split('=').length > 2)
      throw new Error('must be int8 or int4 for all models, or id=int8, id=int4, once for each');
    if (id === undefined) others = bits;
    else named.set(parseId(id, FIELD), bits);
  }
  return { others, named };
}

/**
 * Applies the choice. A quantized model is called by its id and its format, such as `small-int4`: it is another model than
 * `small`. A name that no model has, and an id that is taken, are `invalid`.
 */
export function chooseQuantization(
  models: readonly ModelLocation[],
  { others, named }: QuantizeChoice,
  blockSize: Quantization['blockSize'],
): ChosenModel[] {
  const ids = models.map(({ id }) => id);
  for (const id of named.keys())
    if (!ids.includes(id))
      throw invalid(`there is no model "${id}" to quantize; FACET_MODELS gives ${ids.join(', ')}`);
  const chosen = models.map((model): ChosenModel => {
    const bits = named.get(model.id) ?? others;
    if (bits === undefined) return model;
    const quantization = { bits, blockSize };
    const id = parseId(`${model.id}-${formatOf(quantization)}`, FIELD);
    return { ...model, id, quantization };
  });
  const taken = chosen.find(({ id }, index) => chosen.findIndex((other) => other.id === id) !== index);
  if (taken !== undefined)
    throw invalid(`two models would be called "${taken.id}"; name one of them otherwise in FACET_MODELS`);
  return chosen;
}

function invalid(message: string): FacetError {
  return new FacetError('invalid', message, { field: FIELD, reason: 'INVALID_QUANTIZATION' });
}
