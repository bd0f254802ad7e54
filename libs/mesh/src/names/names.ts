import { randomBytes } from 'node:crypto';
import { FacetError, quote } from '@facet/errors';

/** Collections of resource names, `{collection}/{id}`. */
export type Collection =
  | 'models'
  | 'activationSets'
  | 'trainingRuns'
  | 'saes'
  | 'indexingRuns'
  | 'steeringProfiles';

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const FEATURE_INDEX = /^(0|[1-9]\d{0,8})$/;

/** Reads the id out of a resource name such as `saes/x`; `field` is the request field it came in. */
export function parseName(name: string, collection: Collection, field = 'name'): string {
  const prefix = `${collection}/`;
  if (!name.startsWith(prefix)) {
    throw new FacetError(
      'invalid',
      `${quote(name)} is not the name of one of ${collection}; write ${prefix}{id}`,
      { field },
    );
  }
  return parseId(name.slice(prefix.length), field);
}

/** Checks a resource id: 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit. */
export function parseId(id: string, field = 'id'): string {
  if (ID.test(id)) return id;
  const rule = 'an id is 1 to 64 of a-z, 0-9, ".", "_" and "-", and starts with a letter or digit';
  throw new FacetError('invalid', `${quote(id)} is not a resource id; ${rule}`, { field });
}

/** Writes the resource name of an id. */
export function formatName(collection: Collection, id: string): string {
  return `${collection}/${parseId(id)}`;
}

/** A feature's place: one latent of one SAE. */
export interface FeatureRef {
  saeId: string;
  index: number;
}

/** Reads `saes/{sae}/features/{index}`. */
export function parseFeatureName(name: string, field = 'name'): FeatureRef {
  const match = /^saes\/([^/]*)\/features\/([^/]*)$/.exec(name);
  if (match === null || !FEATURE_INDEX.test(match[2]!)) {
    throw new FacetError(
      'invalid',
      `${quote(name)} is not the name of a feature; write saes/{id}/features/{index}`,
      {
        field,
      },
    );
  }
  return { saeId: parseId(match[1]!, field), index: Number(match[2]) };
}

/** Writes `saes/{sae}/features/{index}`. */
export function formatFeatureName({ saeId, index }: FeatureRef): string {
  return `${formatName('saes', saeId)}/features/${index}`;
}

/** Makes a fresh resource id, `{prefix}-{10 random letters and digits}`. */
export function newId(prefix: string): string {
  const random = randomBytes(8).readBigUInt64BE().toString(36).padStart(13, '0').slice(-10);
  return parseId(`${prefix}-${random}`);
}
