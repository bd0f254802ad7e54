export { preTokens } from './pre-tokens.ts';
export {
  createTokenEncoder,
  encodeTexts,
  type TokenEncoder,
  type TokenSpans,
} from './token-encoder.ts';
export { parseTokenizerModel, type TokenizerFileTexts, tokenizerFiles } from './tokenizer-files.ts';
export { BOS_ID, EOS_ID, SPECIAL_TOKENS, type TokenizerModel } from './tokenizer-model.ts';
export { type TokenizerOptions, trainTokenizer } from './train-tokenizer.ts';
