import { copyFile, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a regular expression stands in `tokenizer.json`. */
export type RegexPlace = 'pre_tokenizer' | 'normalizer' | 'decoder';

/**
 * Makes a model directory that is `source` but for a regular expression in its tokenizer, and for the text of token 511,
 * which becomes 40 times `x`.
 */
export async function modelWithRegex(source: string, place: RegexPlace, regex: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'facet-regex-'));
  for (const name of await readdir(source))
    if (name !== 'tokenizer.json') await copyFile(join(source, name), join(directory, name));
  const json = JSON.parse(await readFile(join(source, 'tokenizer.json'), 'utf8'));
  const { vocab, merges } = json.model;
  const replaced = Object.keys(vocab).find((token) => vocab[token] === 511)!;
  delete vocab[replaced];
  vocab['x'.repeat(40)] = 511;
  const makesIt = (merge: string | [string, string]) =>
    (typeof merge === 'string' ? merge.replace(' ', '') : merge.join('')) === replaced;
  json.model.merges = merges.filter((merge: string) => !makesIt(merge));
  const pattern = { Regex: regex };
  if (place === 'pre_tokenizer')
    json.pre_tokenizer = { type: 'Split', pattern, behavior: 'Isolated', invert: false };
  else if (place === 'normalizer')
    json.normalizer.normalizers.unshift({ type: 'Replace', pattern, content: '-' });
  else json.decoder.decoders.push({ type: 'Replace', pattern, content: '-' });
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(json));
  return directory;
}
