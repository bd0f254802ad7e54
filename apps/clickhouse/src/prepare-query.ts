import type { Readable } from 'node:stream';
import type { EngineQuery } from './engine.ts';
import { raise } from './exceptions.ts';
import { canStream } from './formats.ts';
import { MAX_INSERT_HEAD_BYTES } from './limits.ts';
import type { QueryRequest } from './query-request.ts';
import { readHead, readSql, spoolUpload, type Upload } from './request-body.ts';
import { type InsertStatement, insertFromFile, parseStatement } from './statement.ts';
import { tokens } from './tokens.ts';

/** A request made ready for the engine, with the file that holds its rows when it brought any. */
export interface PreparedQuery {
  engineQuery: EngineQuery;
  upload: Upload | undefined;
}

export interface SpoolOptions {
  directory: string;
  maxBytes: number;
}

/**
 * Finds the statement of a request and where its rows are. Rows of INSERT … FORMAT go to a file, whether they follow
 * the SQL in the body or come as the body of `?query=`: memory stays bounded and binary formats stay bytes.
 */
export async function prepareQuery(
  request: QueryRequest,
  body: Readable,
  spool: SpoolOptions,
): Promise<PreparedQuery> {
  return request.query === undefined
    ? prepareFromBody(request, body, spool)
    : prepareFromUrl({ ...request, query: request.query }, body, spool);
}

async function prepareFromUrl(
  request: QueryRequest & { query: string },
  body: Readable,
  spool: SpoolOptions,
): Promise<PreparedQuery> {
  const statement = parseStatement(request.query);
  if (statement.kind === 'insert') {
    const head = Buffer.from(request.query.slice(statement.dataAt));
    return prepareInsert({ request, sql: request.query, statement }, { head, rest: body }, spool);
  }
  const more = await readSql(Buffer.alloc(0), body);
  if (more.trim() !== '' && isInsert(request.query)) {
    throw raise(48, 'INSERT … SELECT takes no rows from the request body here; use INSERT … FORMAT.');
  }
  return prepareText(request, more === '' ? request.query : `${request.query}\n${more}`);
}

async function prepareFromBody(
  request: QueryRequest,
  body: Readable,
  spool: SpoolOptions,
): Promise<PreparedQuery> {
  const { head, rest } = await readHead(body, MAX_INSERT_HEAD_BYTES);
  const start = head.toString('utf8');
  const statement = isInsert(start) ? parseStatement(start) : undefined;
  if (statement?.kind === 'insert' && statement.format !== 'Values') {
    const data = head.subarray(Buffer.byteLength(start.slice(0, statement.dataAt)));
    return prepareInsert({ request, sql: start, statement }, { head: data, rest }, spool);
  }
  return prepareText(request, await readSql(head, rest));
}

function isInsert(sql: string): boolean {
  return tokens(sql).next().value?.upper === 'INSERT';
}

async function prepareInsert(
  { request, sql, statement }: { request: QueryRequest; sql: string; statement: InsertStatement },
  data: { head: Buffer; rest: Readable },
  { directory, maxBytes }: SpoolOptions,
): Promise<PreparedQuery> {
  const upload = await spoolUpload(directory, { ...data, maxBytes });
  const rewritten = insertFromFile(sql, statement, upload.path);
  return { engineQuery: { sql: rewritten, format: 'Null', streamed: false, request }, upload };
}

function prepareText(request: QueryRequest, sql: string): PreparedQuery {
  if (tokens(sql).next().done)
    throw raise(62, 'Syntax error: failed at position 1 (end of query): Empty query.');
  const statement = parseStatement(sql);
  const format = (statement.kind === 'insert' ? undefined : statement.format) ?? request.defaultFormat;
  if (request.readonly && request.session !== undefined && statement.kind !== 'read') {
    throw raise(164, 'Cannot execute query in readonly mode: GET requests read only; use POST.');
  }
  const streamed =
    statement.kind === 'read' && !request.waitEndOfQuery && canStream(format, sql, request.settings.keys());
  return { engineQuery: { sql, format, streamed, request }, upload: undefined };
}
