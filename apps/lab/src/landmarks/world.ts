import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FacetError } from '@facet/errors';
import {
  createLexicon,
  createTokenEncoder,
  createWorld,
  type Lexicon,
  parseTokenizerModel,
  type TokenEncoder,
  type World,
} from '@facet/landmarks';

/** The concept that the paper made famous. */
export const BRIDGE = 'golden-gate-bridge';
/** The bundled model, trained on the world. */
export const BUNDLED_MODEL = fileURLToPath(new URL('../../../../models/landmarks', import.meta.url));

/** The world with what it takes to put its truth onto the tokens of a model. */
export interface TokenizedWorld {
  readonly world: World;
  readonly lexicon: Lexicon;
  readonly encoder: TokenEncoder;
  /** Most tokens in a context of the model, BOS included. */
  readonly contextTokens: number;
  /** SHA-256 of the model's weights. */
  readonly fingerprint: string;
}

/** Opens the world for a model that was trained on it. */
export async function openWorld(modelDirectory: string): Promise<TokenizedWorld> {
  const readBytes = (name: string) =>
    readFile(join(modelDirectory, name)).catch((cause: unknown) => {
      throw new FacetError('not-found', `${modelDirectory} has no ${name}; give the landmarks model`, {
        cause,
      });
    });
  const read = async (name: string) => (await readBytes(name)).toString('utf8');
  const world = createWorld();
  const { max_position_embeddings } = JSON.parse(await read('config.json'));
  return {
    world,
    lexicon: createLexicon(world.concepts),
    encoder: createTokenEncoder(parseTokenizerModel(await read('tokenizer.json'))),
    contextTokens: max_position_embeddings,
    fingerprint: createHash('sha256')
      .update(await readBytes('model.safetensors'))
      .digest('hex'),
  };
}
