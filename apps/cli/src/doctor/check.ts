/** Orphans of one kind. */
export interface OrphanGroup {
  what: string;
  count: number;
  bytes: number;
  /** Where the first of them lie. */
  places: readonly string[];
}

/** What doctor found about one thing. */
export interface Check {
  name: string;
  /** `warning`: Facet works, but something will be missing or slow. */
  status: 'ok' | 'warning' | 'failed';
  /** What was found. */
  found: string;
  /** What to do about it; empty when all is well. */
  remedy: string;
  /** What was counted, for programs. */
  orphans?: readonly OrphanGroup[];
}

/** All is well. */
export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found, remedy: '' };
}

/** It works, but. */
export function warning(name: string, found: string, remedy: string): Check {
  return { name, status: 'warning', found, remedy };
}

/** It does not work. */
export function failed(name: string, found: string, remedy: string): Check {
  return { name, status: 'failed', found, remedy };
}
