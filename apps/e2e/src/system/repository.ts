import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
/** Data for tests, beside the repository; not part of it. */
export const SHARED = join(REPOSITORY, '../shared');
/** The model of most tests. */
export const MODEL_DIRECTORY = join(SHARED, 'data/models/stories260K');
/** Another model, of another width. */
export const SECOND_MODEL_DIRECTORY = join(SHARED, 'data/models/tinystories-656K');
/** English stories, documents between `<|endoftext|>`. */
export const CORPUS = join(SHARED, 'data/text/tinystories.txt');
