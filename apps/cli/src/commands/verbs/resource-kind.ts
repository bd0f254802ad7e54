import type { Clients, Column, Field, LongWork } from '@facet/console';
import type { Collection } from '@facet/mesh';

/** Options of one call. */
export interface Call {
  signal: AbortSignal;
}

/** What the verbs need to know of a kind of resource. */
export interface ResourceKind<T> {
  /** Word for people, for example `activation set`. */
  noun: string;
  collection: Collection;
  get(clients: Clients, name: string, call: Call): Promise<T | undefined>;
  list(clients: Clients, page: PageRequest, call: Call): Promise<Page<T>>;
  /** Columns of the list. */
  columns: readonly Column<T>[];
  /** What `show` says. */
  fields(resource: T): readonly Field[];
  /** Canonical JSON of the contract. */
  toJson(resource: T): unknown;
}

/** A kind whose resources work until they are done. */
export interface WorkKind<T> extends ResourceKind<T> {
  work(clients: Clients, name: string): LongWork<T>;
  /** What to say when it went well. */
  outcome(resource: T): string;
}

export interface PageRequest {
  pageSize: number;
  pageToken: string;
}

export interface Page<T> {
  items: readonly T[];
  nextPageToken: string;
}
