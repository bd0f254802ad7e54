import { raise } from '../exceptions.ts';
import { MAX_MULTIPART_PARTS } from '../limits.ts';

/** Returns the boundary of a multipart/form-data content type; undefined for any other type. */
export function multipartBoundary(contentType: string | undefined): string | undefined {
  const match = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  return match?.[1] ?? match?.[2];
}

/** Parses the text fields of a multipart/form-data body (RFC 7578); files (external data) are refused. */
export function parseMultipart(body: Buffer, boundary: string): Map<string, string> {
  const fields = new Map<string, string>();
  const delimiter = Buffer.from(`--${boundary}`);
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString() === '--') return fields;
    const end = body.indexOf(`\r\n--${boundary}`, start, 'latin1');
    if (end < 0) break;
    addField(fields, body.subarray(start + 2, end));
    at = end + 2;
  }
  throw raise(62, 'The multipart body does not end with its boundary.');
}

function addField(fields: Map<string, string>, part: Buffer): void {
  const split = part.indexOf('\r\n\r\n');
  const head = part.subarray(0, Math.max(split, 0)).toString('utf8');
  const name = /name="([^"]*)"/i.exec(head)?.[1];
  if (split < 0 || name === undefined) throw raise(62, 'A part of the multipart body has no name.');
  if (/filename=/i.test(head)) throw raise(48, `External data (the file ${name}) is not supported here.`);
  if (fields.size >= MAX_MULTIPART_PARTS)
    throw raise(162, `More than ${MAX_MULTIPART_PARTS} multipart fields.`);
  fields.set(name, part.subarray(split + 4).toString('utf8'));
}
