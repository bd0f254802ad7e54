/** The ClickHouse error codes that this process raises by itself; the engine raises all others. */
export const EXCEPTION_TYPES = {
  48: 'NOT_IMPLEMENTED',
  62: 'SYNTAX_ERROR',
  115: 'UNKNOWN_SETTING',
  162: 'QUERY_IS_TOO_LARGE',
  159: 'TIMEOUT_EXCEEDED',
  164: 'READONLY',
  194: 'REQUIRED_PASSWORD',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  236: 'ABORTED',
  243: 'NOT_ENOUGH_SPACE',
  373: 'SESSION_IS_LOCKED',
  372: 'SESSION_NOT_FOUND',
  394: 'QUERY_WAS_CANCELLED',
  456: 'UNKNOWN_QUERY_PARAMETER',
  497: 'ACCESS_DENIED',
  511: 'UNKNOWN_ROLE',
  516: 'AUTHENTICATION_FAILED',
  1002: 'UNKNOWN_EXCEPTION',
} as const;

export type ExceptionCode = keyof typeof EXCEPTION_TYPES;

/** An error in ClickHouse's own terms: a numeric code, and a text `Code: N. DB::Exception: … (TYPE)`. */
export class ClickhouseException extends Error {
  override readonly name = 'ClickhouseException';
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Makes an exception that this process raises by itself. */
export function raise(code: ExceptionCode, message: string, options?: ErrorOptions): ClickhouseException {
  return new ClickhouseException(
    code,
    `Code: ${code}. DB::Exception: ${message} (${EXCEPTION_TYPES[code]})`,
    options,
  );
}

const NESTED_PREFIX = /^(?:Code: \d+\. DB::Exception: )+(?=Code: \d+\. DB::Exception: )/;
const NESTED_SUFFIX = /(\([A-Z0-9_]+\)) \(version [^)]*\)\.(?: \([A-Z0-9_]+\)(?: \(version [^)]*\)\.?)?)+$/;

/**
 * Turns what the engine threw into an exception: unwraps the repetitions of code and type that chDB leaves in the
 * text, and takes the directory of uploads out of it. Errors without a code become UNKNOWN_EXCEPTION.
 */
export function fromEngine(error: unknown, uploadPath?: string): ClickhouseException {
  if (error instanceof ClickhouseException) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const text = uploadPath === undefined ? raw : raw.replaceAll(uploadPath, 'the request body');
  const code = /^Code: (\d+)/.exec(text)?.[1];
  if (code === undefined) return raise(1002, text, { cause: error });
  const plain = text.replace(NESTED_PREFIX, '').replace(NESTED_SUFFIX, '$1').trimEnd();
  return new ClickhouseException(Number(code), plain, { cause: error });
}

/** HTTP status of the codes that are not 500, as ClickHouse's HTTPHandler answers them. */
const STATUS_OF_CODE = new Map<number, number>(
  Object.entries({
    400: [
      6, 25, 26, 27, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 117, 130, 168, 190, 223, 321, 427, 456, 457,
    ],
    401: [194],
    403: [192, 193, 497, 516],
    404: [16, 46, 47, 50, 56, 60, 63, 73, 81, 115, 372, 511],
    408: [159],
    413: [162],
    501: [48],
    503: [202, 209, 236, 439],
  }).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)] as const)),
);

/** Returns the HTTP status with which ClickHouse answers an error code. */
export function httpStatusOf(code: number): number {
  return STATUS_OF_CODE.get(code) ?? 500;
}
