import { FacetError } from '@facet/errors';
import { adapterFiles, INDEX_FILE, SINGLE_FILE, weightFilesWithoutIndex } from '@facet/transformer';

/** What a model is read from besides its weights; a repository need not have all of it. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
];
/** Chat templates beside the default one: plain names in a folder of their own. */
const NAMED_TEMPLATES = /^additional_chat_templates\/[\w-][\w.-]*\.jinja$/;
const MAX_NAMED_TEMPLATES = 32;
const REQUIRED = ['config.json', 'tokenizer.json'];
/** Weights in the forms that are not read here, for messages. */
const OTHER_WEIGHTS = /\.(bin|pt|pth|gguf|h5|msgpack|ckpt|npz|onnx)$/;
const MAX_NAMED_FILES = 4;

/** The files of a repository that make a model. */
export interface ChosenFiles {
  small: string[];
  /** Weight files by name, or the index that names them. */
  weights: string[] | { index: string };
}

/**
 * Chooses what is needed among the files of a repository: configuration, tokenizer, chat template, and one set of weights, which
 * is that which transformers reads. Throws `precondition` where a part is missing, with what the repository has instead.
 */
export function chooseFiles(paths: readonly string[], repository: string): ChosenFiles {
  const names = paths.filter((path) => !path.includes('/'));
  const adapters = adapterFiles(names).slice(0, MAX_NAMED_FILES);
  if (adapters.length > 0)
    throw unusable(
      `${repository} holds an adapter (${adapters.join(', ')}), which is not applied here; pull a model with it merged`,
    );
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) throw unusable(`${repository} has no ${missing}${remedyFor(missing)}`);
  return {
    small: [
      ...SMALL_FILES.filter((name) => names.includes(name)),
      ...paths.filter((path) => NAMED_TEMPLATES.test(path)).slice(0, MAX_NAMED_TEMPLATES),
    ],
    weights: chooseWeights(names, repository),
  };
}

/** Checks that the repository has what its index names. */
export function requireShards(shards: readonly string[], paths: readonly string[], repository: string): void {
  const absent = shards.find((shard) => !paths.includes(shard));
  if (absent !== undefined)
    throw unusable(
      `${INDEX_FILE} of ${repository} names ${absent}, which it does not have; choose another revision`,
    );
}

function chooseWeights(names: readonly string[], repository: string): ChosenFiles['weights'] {
  if (names.includes(SINGLE_FILE)) return [SINGLE_FILE];
  if (names.includes(INDEX_FILE)) return { index: INDEX_FILE };
  const found = weightFilesWithoutIndex(names);
  if (found.length > 0) return found;
  const others = names.filter((name) => OTHER_WEIGHTS.test(name)).slice(0, MAX_NAMED_FILES);
  const has = others.length > 0 ? ` (it has ${others.join(', ')})` : '';
  throw unusable(
    `${repository} has no *.safetensors${has}; choose a revision that has them (often refs/pr/1), or convert the weights`,
  );
}

function remedyFor(name: string): string {
  return name === 'config.json'
    ? '; name the repository of the original model, in the format of transformers'
    : '; write one with transformers (AutoTokenizer.from_pretrained(…).save_pretrained(…)) and give the directory';
}

function unusable(message: string): FacetError {
  return new FacetError('precondition', message, { reason: 'HUB_MODEL_UNUSABLE' });
}
