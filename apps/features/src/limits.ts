/** Rows encoded at a time: small enough that other work gets a turn every few tens of milliseconds. */
export const BLOCK_ROWS = 8192;

/** Bytes of directions in one question to inference. */
export const DIRECTIONS_BYTES = 1024 * 1024;

/** Directions in one question: their answers stay far below the limit of a message. */
export const DIRECTIONS_PER_REQUEST = 2048;

/** Promoted and suppressed tokens kept per feature. */
export const VOCABULARY_EFFECTS = 10;

/** Token ids whose texts are asked for at one time. */
export const TOKEN_TEXTS_PER_REQUEST = 16_384;

/** Texts in one question to inference. */
export const TEXTS_PER_REQUEST = 256;

/** Most texts on one side of a contrast. */
export const MAX_CONTRAST_TEXTS = 256;

/** Longest text of one question, characters. */
export const MAX_TEXT_CHARACTERS = 1_000_000;

/** Bytes of activations that one reply of ActivateText can carry. */
export const MAX_REPLY_VALUE_BYTES = 2 * 1024 * 1024;

/** Features contrasted before other work gets a turn. */
export const FEATURES_PER_TURN = 1024;

/** Longest search query, and most words in it. */
export const MAX_QUERY_CHARACTERS = 200;
export const MAX_QUERY_WORDS = 8;

/** Longest label and description. */
export const MAX_LABEL_CHARACTERS = 200;
export const MAX_DESCRIPTION_CHARACTERS = 4000;

/** Pages: features and matches, and examples. */
export const FEATURE_PAGES = { fallback: 50, max: 1000 };
export const SEARCH_PAGES = { fallback: 20, max: 1000 };
export const CONTRAST_PAGES = { fallback: 10, max: 1000 };
export const ACTIVATION_PAGES = { fallback: 20, max: 1000 };
export const EXAMPLE_PAGES = { fallback: 20, max: 100 };
export const RUN_PAGES = { fallback: 50, max: 1000 };

/** How often progress is sent to watchers. */
export const PROGRESS_INTERVAL_MS = 200;

/** How often a watcher and a worker look at the state of a run, when nothing is sent. */
export const STATE_POLL_MS = 500;

/** How often it is looked for what is still kept of deleted SAEs, when no event says so. */
export const FORGET_INTERVAL_MS = 30_000;

/** A job that waited for all its deliveries has tried for about half a minute. */
export const MAX_DELIVER = 6;

/** Longest query or insert of ClickHouse. */
export const CLICKHOUSE_TIMEOUT_MS = 300_000;

/** Largest message from inference. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
