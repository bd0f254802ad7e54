/** Limits of requests; those of the contract are stated there too. */

/** Most edits of one request or profile. */
export const MAX_EDITS = 64;

/** |f'| may be at most this many times the feature's indexed maximum; also the largest factor of `clamp_to_max` and `scale`. */
export const MAX_STRENGTH_OVER_MAXIMUM = 1000;
/** Largest |f'| of a feature whose maximum is not known: ten times above the activations of any published SAE. */
export const MAX_UNINDEXED_STRENGTH = 100_000;

/** Most features asked of training in one call: their rows keep within 1 MiB up to d_in 8192. */
export const DIRECTIONS_PER_CALL = 32;
/** Questions to the index under way at a time. */
export const MAXIMA_IN_FLIGHT = 16;
/** How long a question to the index may take that only serves the strength limit. */
export const OPTIONAL_MAXIMUM_DEADLINE_MS = 2_000;

/** Most data of one tensor of an intervention, and of all interventions of a request (messages stay under 4 MiB). */
export const MAX_TENSOR_BYTES = 2 ** 20;
export const MAX_INTERVENTIONS_BYTES = 3.5 * 2 ** 20;

/** Most prompts and strengths of MeasureDoseResponse. */
export const MAX_DOSE_PROMPTS = 64;
export const MAX_DOSE_STRENGTHS = 32;
/** Strengths that are generated side by side in one batch; each takes two rows of it. */
export const DOSE_BATCH_STRENGTHS = 8;

export const MAX_DISPLAY_NAME_CHARS = 200;
export const MAX_DESCRIPTION_CHARS = 4000;
/** Profiles of a page, and its largest size on the wire. */
export const PROFILE_PAGES = { fallback: 50, max: 1000 };
export const MAX_PAGE_BYTES = 3 * 2 ** 20;
