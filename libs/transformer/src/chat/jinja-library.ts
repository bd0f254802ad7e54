import * as jinja from '@huggingface/jinja';

// The library's own declarations name their files without endings, which the compiler does not find: these are the parts used here.

/** A value while a template runs. */
export interface TemplateValue {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}

/** Variables by name. */
export interface Scope {
  /** Those that are declared here, not further out. */
  readonly variables: Map<string, TemplateValue>;
  /** Declares a variable; returns it as a value of the template. */
  set(name: string, value: unknown): TemplateValue;
}

/** A node of a parsed template with its fields. */
export interface TemplateNode {
  readonly type: string;
  [field: string]: unknown;
}

interface LibraryInterpreter {
  evaluate(node: TemplateNode | undefined, scope: Scope): TemplateValue;
}

interface Library {
  Environment: new (parent?: Scope) => Scope;
  Interpreter: new (scope?: Scope) => LibraryInterpreter;
  tokenize(source: string, options: { trim_blocks: boolean; lstrip_blocks: boolean }): unknown[];
  parse(tokens: unknown[]): TemplateNode;
}

export const { Environment, Interpreter, tokenize, parse } = jinja as unknown as Library;
