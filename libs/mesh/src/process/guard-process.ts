import { FacetError } from '@facet/errors';
import { currentRequest } from '../serving/request-context.ts';
import type { Logger } from './logger.ts';

export interface ProcessGuardOptions {
  logger: Logger;
  /** Called once, where the process cannot go on: it ran out of memory. */
  onFatal: (error: FacetError) => void;
}

/**
 * Keeps a service alive when something throws where nobody catches it, as libraries do in their callbacks: the error is
 * logged, the call that it belongs to is answered INTERNAL, and the rest goes on. Meant for services that have started:
 * until then such an error ends the process. Returns a function that takes the guard away.
 */
export function guardProcess({ logger, onFatal }: ProcessGuardOptions): () => void {
  const onLost = (error: unknown) => {
    try {
      currentRequest()?.fail?.(error);
      if (isOutOfMemory(error)) onFatal(outOfMemory(error));
      logger.error({ err: error }, 'nobody caught this error; the service goes on');
    } catch {
      // What cannot be logged must not end the service either.
    }
  };
  process.on('uncaughtException', onLost);
  process.on('unhandledRejection', onLost);
  return () => {
    process.off('uncaughtException', onLost);
    process.off('unhandledRejection', onLost);
  };
}

const MEMORY_CODES = new Set(['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']);
const MEMORY_MESSAGE = /allocation failed|could not allocate memory|out of memory/i;

/** Whether memory has run out: what was half done then cannot be trusted, and a fresh process can go on with the jobs. */
function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return MEMORY_CODES.has(code ?? '') || (error instanceof RangeError && MEMORY_MESSAGE.test(error.message));
}

function outOfMemory(cause: unknown): FacetError {
  const message = 'the process ran out of memory; give it more, or lower its limits and caches';
  return new FacetError('exhausted', message, { cause, reason: 'OUT_OF_MEMORY' });
}
