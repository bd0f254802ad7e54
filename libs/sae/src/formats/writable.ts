import { FacetError } from '@facet/errors';
import type { Architecture, Sae } from '../sae.ts';

/** Refuses (precondition) to write an architecture that `format` cannot say. */
export function requireArchitecture(sae: Sae, format: string, writable: readonly Architecture[]): void {
  const { architecture } = sae.cfg;
  if (writable.includes(architecture)) return;
  throw new FacetError(
    'precondition',
    `the format ${format} cannot hold a ${architecture} SAE, only ${writable.join(', ')}; export it as saelens`,
    { reason: 'FORMAT_UNSUITABLE', field: 'format' },
  );
}
