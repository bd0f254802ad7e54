/** A signal that follows others and a timer; `dispose` must be called, or the parents keep it alive. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Whether the timer, not a parent, aborted it. */
  timedOut(): boolean;
  dispose(): void;
}

/** Links `parents` (undefined ones are left out) and an optional timer into one abort signal. */
export function linkSignals(parents: readonly (AbortSignal | undefined)[], timeoutMs?: number): LinkedSignal {
  const controller = new AbortController();
  let timedOut = false;
  const listeners = parents
    .filter((parent) => parent !== undefined)
    .map((parent) => ({ parent, listener: () => controller.abort(parent.reason) }));
  for (const { parent, listener } of listeners) {
    if (parent.aborted) listener();
    else parent.addEventListener('abort', listener, { once: true });
  }
  const expire = () => {
    timedOut = !controller.signal.aborted;
    controller.abort();
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
  const dispose = () => {
    clearTimeout(timer);
    for (const { parent, listener } of listeners) parent.removeEventListener('abort', listener);
  };
  return { signal: controller.signal, timedOut: () => timedOut, dispose };
}
