import { FacetError } from '@facet/errors';

/** Says what a failure in a compute thread is to a caller: whether trying again helps, and what of it may be told. */
export function toFacetError({ message, phase }: { message: string; phase: string }): FacetError {
  const cause = new Error(`${phase}: ${message}`);
  const metadata = { phase, cause: brief(message) };
  if (OUT_OF_MEMORY.test(message))
    return new FacetError(
      'exhausted',
      'not enough memory to run the model; use fewer rows or shorter contexts',
      { cause, metadata, reason: 'OUT_OF_MEMORY' },
    );
  if (NEVER_RUNNABLE.test(message))
    return new FacetError('precondition', 'the model cannot be run; the log of inference says why', {
      cause,
      metadata,
      reason: 'MODEL_NOT_RUNNABLE',
    });
  return new FacetError('unavailable', 'the model could not be run now; try again', {
    cause,
    metadata,
    reason: 'MODEL_RUN_FAILED',
  });
}

const OUT_OF_MEMORY = /bad_alloc|Failed to allocate|Array buffer allocation failed|out of memory/i;
/** What ONNX Runtime says of graphs and inputs that no repetition mends; all else (files, threads) may pass. */
const NEVER_RUNNABLE =
  /protobuf parsing|invalid model|invalid graph|Type ?Error|ShapeInference|not implemented|could not find an implementation|no op registered|invalid (rank|dimension|argument|feed|input)|non-zero status code/i;
/** Characters of ONNX Runtime's message that a caller is told. */
const MAX_CAUSE_CHARS = 240;

/** The first line of a message, with the names of files but not where they lie. */
function brief(message: string): string {
  return message
    .split('\n')[0]!
    .replace(/(?:\/[^\s/:'"]+)+\/(?=[^\s/:'"])/g, '')
    .slice(0, MAX_CAUSE_CHARS);
}
