import { cacheDirectoryOf, locateModel, modelIdOf } from '@facet/hub';
import { parseId } from '@facet/mesh';

/** A path may hold `=` in the name of a folder further down. */
const ID_BEFORE = /^([^/\\=]*)=/;

/**
 * Reads a model to hold, `directory`, `organisation/name[@revision]` or one of them with an id of its own before it (`id=directory`),
 * and gives it as FACET_MODELS takes it: `id=directory`.
 */
export async function parseModelLocation(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const given = ID_BEFORE.exec(text)?.[1];
  const directory = await locateModel(text.replace(ID_BEFORE, ''), cacheDirectoryOf(env));
  const id = given === undefined ? modelIdOf(directory) : parseId(given, '--model');
  return `${id}=${directory}`;
}
