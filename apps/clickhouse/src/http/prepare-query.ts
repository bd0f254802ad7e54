import type { Readable } from 'node:stream';
import type { EngineQuery } from '../engine/engine.ts';
import type { QueryRequest } from '../engine/query-request.ts';
import { raise } from '../exceptions.ts';
import type { Gate } from '../gate/gate.ts';
import { type InsertStatement, insertFromFile, parseStatement, type Statement } from '../gate/statement.ts';
import { tokens } from '../gate/tokens.ts';
import { MAX_INSERT_HEAD_BYTES } from '../limits.ts';
import { canStream } from './formats.ts';
import { readHead, readSql, spoolUpload, type Upload } from './request-body.ts';

/** A request made ready for the engine, with the file that holds its rows when it brought any. */
export interface PreparedQuery {
  engineQuery: EngineQuery;
  upload: Upload | undefined;
}

export interface PrepareOptions {
  gate: Gate;
  /** Where rows are kept until the engine has read them. */
  directory: string;
  /** Most bytes of rows. */
  maxBytes: number;
}

/** Rows in VALUES that come as data are data: expressions in them are not computed, for nobody has looked at them. */
const NO_EXPRESSIONS = new Map([
  ['input_format_values_interpret_expressions', '0'],
  ['input_format_values_deduce_templates_of_expressions', '0'],
]);

/**
 * Finds the statement of a request and where its rows are. Rows of INSERT … FORMAT go to a file, whether they follow
 * the SQL in the body or come as the body of `?query=`: memory stays bounded and binary formats stay bytes.
 */
export async function prepareQuery(
  request: QueryRequest,
  body: Readable,
  options: PrepareOptions,
): Promise<PreparedQuery> {
  return request.query === undefined
    ? prepareFromBody(request, body, options)
    : prepareFromUrl({ ...request, query: request.query }, body, options);
}

async function prepareFromUrl(
  request: QueryRequest & { query: string },
  body: Readable,
  options: PrepareOptions,
): Promise<PreparedQuery> {
  const statement = parseStatement(request.query);
  const rowsAlong = statement.kind === 'insert' && request.query.slice(statement.dataAt).trim() !== '';
  if (statement.kind === 'insert' && !(statement.format === 'Values' && rowsAlong)) {
    const head = Buffer.from(request.query.slice(statement.dataAt));
    return prepareInsert({ request, sql: request.query, statement }, { head, rest: body }, options);
  }
  const more = await readSql(Buffer.alloc(0), body);
  if (more.trim() !== '' && statement.kind === 'other' && isInsert(request.query)) {
    throw raise(48, 'INSERT … SELECT takes no rows from the request body here; use INSERT … FORMAT.');
  }
  return prepareText(request, more === '' ? request.query : `${request.query}\n${more}`, options);
}

async function prepareFromBody(
  request: QueryRequest,
  body: Readable,
  options: PrepareOptions,
): Promise<PreparedQuery> {
  const { head, rest } = await readHead(body, MAX_INSERT_HEAD_BYTES);
  const start = head.toString('utf8');
  const statement = isInsert(start) ? headOf(start) : undefined;
  if (statement?.kind === 'insert' && statement.format !== 'Values') {
    const data = head.subarray(Buffer.byteLength(start.slice(0, statement.dataAt)));
    return prepareInsert({ request, sql: start, statement }, { head: data, rest }, options);
  }
  return prepareText(request, await readSql(head, rest), options);
}

/** The head of a body that was cut somewhere; undefined where the cut hides what it is. */
function headOf(start: string): Statement | undefined {
  try {
    return parseStatement(start);
  } catch {
    return undefined;
  }
}

function isInsert(sql: string): boolean {
  return tokens(sql).next().value?.upper === 'INSERT';
}

async function prepareInsert(
  { request, sql, statement }: { request: QueryRequest; sql: string; statement: InsertStatement },
  data: { head: Buffer; rest: Readable },
  { gate, directory, maxBytes }: PrepareOptions,
): Promise<PreparedQuery> {
  const checked = gate.check(sql.slice(0, statement.dataAt), request);
  const insert = parseStatement(checked);
  if (insert.kind !== 'insert') throw raise(62, 'Syntax error: the head of the INSERT cannot be read.');
  const upload = await spoolUpload(directory, { ...data, maxBytes });
  const settings = new Map([...request.settings, ...NO_EXPRESSIONS]);
  const engineQuery = {
    sql: insertFromFile(checked, insert, upload.path),
    format: 'Null',
    streamed: false,
    request: { ...request, settings },
  };
  return { engineQuery, upload };
}

function prepareText(request: QueryRequest, text: string, { gate }: PrepareOptions): PreparedQuery {
  const sql = gate.check(text, request);
  const statement = parseStatement(sql);
  const format = (statement.kind === 'insert' ? undefined : statement.format) ?? request.defaultFormat;
  const streamed =
    statement.kind === 'read' && !request.waitEndOfQuery && canStream(format, sql, request.settings.keys());
  return { engineQuery: { sql, format, streamed, request }, upload: undefined };
}
