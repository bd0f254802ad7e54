import { parse, type TemplateNode, tokenize } from './jinja-library.ts';

/** Nodes of a block that write nothing by themselves. */
const STATEMENTS: ReadonlySet<string> = new Set([
  ...['Set', 'If', 'For', 'Macro', 'CallStatement', 'FilterStatement', 'Break', 'Continue', 'Comment'],
]);
const BLOCKS = ['body', 'alternate', 'defaultBlock'] as const;

/**
 * Parses a template with transformers' settings (`trim_blocks`, `lstrip_blocks`, `{% generation %}` taken out), and marks what
 * `TemplateInterpreter` does otherwise than the library: what is written out (`Output`), the scope of one turn of a loop (`Scope`) and what a loop
 * runs over (`Iterable`). Throws what the library says of a template that it cannot read.
 */
export function parseTemplate(text: string): TemplateNode {
  const source = text.replace(/\r\n?/g, '\n');
  requireClosedGenerations(source);
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  markNode(program);
  return program;
}

/** The library drops these tags unread: refuses those that do not match. */
function requireClosedGenerations(source: string): void {
  let depth = 0;
  for (const [, end] of source.matchAll(/\{%[-+]?\s*(end)?generation\s*[-+]?%\}/g)) {
    depth += end === undefined ? 1 : -1;
    if (depth < 0) throw new Error('endgeneration without a generation');
  }
  if (depth > 0) throw new Error('generation without its endgeneration');
}

function markNode(node: TemplateNode): void {
  for (const key of BLOCKS) {
    const block = node[key];
    if (!Array.isArray(block)) continue;
    for (const child of block) markNode(child);
    node[key] = block.map((child: TemplateNode) =>
      STATEMENTS.has(child.type) ? child : alike(child, { type: 'Output', value: child }),
    );
  }
  if (node.type === 'For') markLoop(node);
}

function markLoop(loop: TemplateNode): void {
  requireSilentJumps(loop.body as TemplateNode[]);
  loop.body = [alike(loop, { type: 'Scope', body: loop.body })];
  const iterable = loop.iterable as TemplateNode;
  const over = (value: TemplateNode) => alike(value, { type: 'Iterable', value });
  if (iterable.type === 'SelectExpression') iterable.lhs = over(iterable.lhs as TemplateNode);
  else loop.iterable = over(iterable);
}

/** The library forgets what a turn has written before `break` and `continue`: refuses turns that may have. */
function requireSilentJumps(body: readonly TemplateNode[]): void {
  let hasWritten = false;
  for (const { type } of inOrder(body)) {
    if (hasWritten && JUMPS.has(type))
      throw new Error(`${type.toLowerCase()} after something was written in the same turn of a loop`);
    hasWritten ||= WRITERS.has(type);
  }
}

/** The nodes of a turn, those of its conditions too, as they stand. */
function* inOrder(nodes: readonly TemplateNode[]): Generator<TemplateNode> {
  for (const node of nodes) {
    yield node;
    if (node.type === 'If')
      for (const key of BLOCKS) yield* inOrder((node[key] as TemplateNode[] | undefined) ?? []);
  }
}

const JUMPS: ReadonlySet<string> = new Set(['Break', 'Continue']);
const WRITERS: ReadonlySet<string> = new Set(['Output', 'For', 'CallStatement', 'FilterStatement']);

/** A node of another type that the library still knows as one of its own. */
export function alike(node: TemplateNode, fields: { type: string } & Record<string, unknown>): TemplateNode {
  return Object.assign(Object.create(Object.getPrototypeOf(node)), fields);
}
