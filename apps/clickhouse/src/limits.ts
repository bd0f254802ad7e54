/** Longest SQL text of one request, inline VALUES included; longer data belongs into the body of an INSERT … FORMAT. */
export const MAX_QUERY_BYTES = 16 * 1024 * 1024;

/**
 * Most words, numbers and signs of one SQL text: every statement of 256 KiB, the longest that a server takes by default, has
 * fewer. Looking at them takes about a second, in which nothing else is answered.
 */
export const MAX_TOKENS = 262_144;

/** Most bytes looked at to find where the SQL of a body ends and its rows begin. */
export const MAX_INSERT_HEAD_BYTES = 256 * 1024;

/** Threads of libuv's pool kept free of queries: killing a query, gzip and files need one when all queries are long. */
export const RESERVED_THREADS = 2;

/** Threads of libuv's pool when UV_THREADPOOL_SIZE is not set. */
export const DEFAULT_THREADS = 4;

/** Sessions kept open for `session_id` at one time. */
export const MAX_NAMED_SESSIONS = 64;

/** Seconds a named session lives after its last request, unless the request says `session_timeout`. */
export const DEFAULT_SESSION_TIMEOUT_S = 60;

/** Longest `session_timeout` that a request can ask for. */
export const MAX_SESSION_TIMEOUT_S = 3600;

/** Idle connections are closed after this time; above the 2.5 s after which @clickhouse/client drops them itself. */
export const KEEP_ALIVE_MS = 10_000;

/** Most parts of a multipart body. */
export const MAX_MULTIPART_PARTS = 1024;

/** Longest URL with its headers: ClickHouse's http_max_uri_size. */
export const MAX_URL_BYTES = 1024 * 1024;

/** Longest time that one request may take to arrive. */
export const REQUEST_TIMEOUT_MS = 3_600_000;
