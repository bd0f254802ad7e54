import { FacetError, quoteJson } from '@facet/errors';
import type { Family } from './family.ts';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3, gemma3Text } from './gemma3.ts';
import { gptNeo } from './gpt-neo.ts';
import { gptNeox } from './gpt-neox.ts';
import { gpt2 } from './gpt2.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { olmo2 } from './olmo2.ts';
import { phi } from './phi.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';
import { starcoder2 } from './starcoder2.ts';

/** The families that are read and tested, by `model_type`. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3_text: gemma3Text,
  gemma3,
  gpt2,
  gpt_neo: gptNeo,
  gpt_neox: gptNeox,
  phi,
  phi3,
  olmo2,
  smollm3,
  starcoder2,
  granite,
};

/** Looks a family up; an unknown `model_type` is `unimplemented` and the message names the supported ones. */
export function requireFamily(modelType: unknown, source: string): Family {
  if (typeof modelType === 'string' && Object.hasOwn(FAMILIES, modelType)) return FAMILIES[modelType]!;
  throw new FacetError(
    'unimplemented',
    `${source} has model_type ${quoteJson(modelType)}; supported are ${Object.keys(FAMILIES).join(', ')}`,
    { reason: 'MODEL_TYPE_UNSUPPORTED' },
  );
}
