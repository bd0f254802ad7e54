import { existsSync } from 'node:fs';
import { CORPUS, MODEL_DIRECTORY } from './repository.ts';

const present = existsSync(MODEL_DIRECTORY) && existsSync(CORPUS);
if (!present) console.warn('SKIPPED: the models and texts of ../shared are not there');

/** `describe` where the shared models and texts are there, else `describe.skip`. */
export const describeWithModels = present ? describe : describe.skip;
