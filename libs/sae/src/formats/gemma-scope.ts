import { FacetError } from '@facet/errors';
import { openNpz, writeNpz } from '../numpy/npz.ts';
import type { Sae, SaeMetadata } from '../sae.ts';
import { readJumprelu, toJumprelu } from './jumprelu-parts.ts';
import {
  MAX_WEIGHTS_BYTES,
  type ReadSae,
  type SaeCodec,
  type SaeFiles,
  type WrittenSae,
} from './sae-format.ts';

const WEIGHTS_FILE = 'params.npz';
const NAMES = { W_enc: 'W_enc', b_enc: 'b_enc', W_dec: 'W_dec', b_dec: 'b_dec', threshold: 'threshold' };

/** Gemma Scope (1): `params.npz` with the five tensors of a jumprelu SAE; there is no configuration. */
export const gemmaScope: SaeCodec = { weightsFile: WEIGHTS_FILE, read, write };

async function read(files: SaeFiles): Promise<ReadSae> {
  const { source } = files;
  refuseOthers(source);
  const hook = gemmaScopeHook(source);
  const metadata: SaeMetadata = hook === undefined ? {} : { hook_name: hook };
  const bytes = await files.read(files.weights ?? WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
  const { sae, model } = readJumprelu(await openNpz(bytes, source), NAMES, {
    metadata,
    what: 'a Gemma Scope SAE',
  });
  return { sae, model, conversions: hook ? [`hook_name ${hook} is read from the path`] : [] };
}

function write(sae: Sae): WrittenSae {
  const { sae: whole, conversions } = toJumprelu(sae, 'gemma-scope');
  const { d_in, d_sae } = whole.cfg;
  const weights = writeNpz({
    W_dec: { values: whole.W_dec, shape: [d_sae, d_in] },
    W_enc: { values: whole.W_enc, shape: [d_in, d_sae] },
    b_dec: { values: whole.b_dec, shape: [d_in] },
    b_enc: { values: whole.b_enc, shape: [d_sae] },
    threshold: { values: whole.threshold!, shape: [d_sae] },
  });
  return { files: { [WEIGHTS_FILE]: weights }, conversions };
}

/** Folders of Gemma Scope whose `params.npz` mean something else. */
function refuseOthers(source: string): void {
  const refuse = (what: string, remedy: string) => {
    throw new FacetError('unimplemented', `${source} is ${what}; ${remedy}`, { field: 'uri' });
  };
  if (/gemma-scope[^/]*-transcoders/.test(source))
    refuse('a transcoder', 'only SAEs of one hook point are supported');
  if (/(^|\/)embedding\/width_/.test(source)) {
    refuse(
      'an embedding SAE, which is scaled by √d_model',
      'SAEs of the residual stream and MLP outputs are supported',
    );
  }
}

/** Reads from the path what the SAE reads, undefined where it does not say: `gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71`. */
export function gemmaScopeHook(source: string): string | undefined {
  const site = /gemma-scope-[^/]*-(res|mlp|att)(?:-canonical)?\//.exec(source)?.[1] as
    | keyof typeof SITES
    | undefined;
  const layer = /(?:^|\/)layer_(\d+)(?:\/|$)/.exec(source)?.[1];
  if (site === undefined || layer === undefined) return undefined;
  return `blocks.${Number(layer)}.${SITES[site]}`;
}

/** What the SAEs of each repository read; those of attention what its heads give, before W_O. */
const SITES = { res: 'hook_resid_post', mlp: 'hook_mlp_out', att: 'attn.hook_z' } as const;
