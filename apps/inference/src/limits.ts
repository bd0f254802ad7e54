/** Limits of requests; each is stated in the contract of the method that it bounds. */

/** Most texts of one TokenizeText, and their bytes together. */
export const MAX_TOKENIZE_TEXTS = 4096;
export const MAX_TOKENIZE_BYTES = 3 * 2 ** 20;
/** Most contexts and tokens of one ComputeActivations. */
export const MAX_ACTIVATION_CONTEXTS = 4096;
export const MAX_ACTIVATION_TOKENS = 262_144;
/** Most sequences and tokens of one ScoreText. */
export const MAX_SCORE_SEQUENCES = 256;
export const MAX_SCORE_TOKENS = 65_536;
/** Most data of all replacements of one ScoreText: with its tokens it stays below the message limit. */
export const MAX_REPLACEMENT_BYTES = 3 * 2 ** 20;
/** Most texts given as strings to ComputeActivations and ScoreText. */
export const MAX_INPUT_TEXTS = 256;
/** Most hook points read by one ComputeActivations. */
export const MAX_HOOK_POINTS = 64;

/** Most features of one intervention. */
export const MAX_INTERVENTION_FEATURES = 256;
/** Most interventions of one variant, context or sequence. */
export const MAX_INTERVENTIONS = 64;
/** Most different features that all variants of a request may have at one hook point: bounds the proofs in memory. */
export const MAX_PORT_FEATURES = 1024;
/** Largest |scale| and |offset| of a rule: beyond it single precision keeps nothing of the residual stream. */
export const MAX_STRENGTH = 1e6;

/** Most tokens of a prompt given as text, whatever the context of the model. */
export const MAX_PROMPT_TOKENS = 2 ** 20;
/** Most messages of a chat, and longest name of who speaks. */
export const MAX_CHAT_MESSAGES = 1024;
export const MAX_ROLE_CHARS = 64;
export const MAX_VARIANTS = 16;
export const MAX_VARIANT_ID_CHARS = 64;
export const MAX_STOP_TEXTS = 16;
/** Longest stop text, in UTF-16 units: bounds how much text is held back. */
export const MAX_STOP_CHARS = 1024;
export const DEFAULT_MAX_TOKENS = 64;

/** Most tokens returned for one direction and end of ProjectToVocabulary, and when none is asked for. */
export const MAX_PROJECTED_TOKENS = 1000;
export const DEFAULT_PROJECTED_TOKENS = 10;
/** Most entries of one ProjectToVocabulary response: keeps it under 4 MiB. */
export const MAX_PROJECTION_ENTRIES = 131_072;

/** Most data of one tensor in a message. */
export const MAX_TENSOR_BYTES = 2 ** 20;
/** Largest response that is built: the message limit of 4 MiB less what frames its fields. */
export const MAX_RESPONSE_BYTES = 4 * 2 ** 20 - 65_536;
/** Largest result (activations, logits, proofs) that one step of model work may make in memory. */
export const MAX_STEP_RESULT_BYTES = 64 * 2 ** 20;
