export { FORMS, type Part, paraphrases } from './composer.ts';
export { type Concept, type ConceptKind, LANGUAGES, type Language, type Wording } from './concept.ts';
export { generateDocument, type WorldDocument } from './generate.ts';
export { createLexicon, type Lexicon, type NameMatch, withoutArticle } from './lexicon.ts';
export type { Mention, Role } from './text-builder.ts';
export { labelTokens, type RowMention, type TokenTruth } from './token-truth.ts';
export { createTokenEncoder, parseTokenizerModel, type TokenEncoder } from './tokenizer/index.ts';
export { labelDocument, mentionTokens } from './truth.ts';
export { createWorld, isSilent, WORDLESS_CONCEPTS, type World } from './world.ts';
