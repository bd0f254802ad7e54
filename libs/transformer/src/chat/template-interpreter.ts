import {
  Environment,
  Interpreter,
  type Scope,
  type TemplateNode,
  type TemplateValue,
} from './jinja-library.ts';
import { joinTexts, VALUE_FILTERS } from './template-filters.ts';
import { templateGlobals } from './template-globals.ts';
import { alike, parseTemplate } from './template-program.ts';
import { TEXT_FILTERS, TEXT_METHODS } from './template-text.ts';
import { areEqual, contains, kindOf, requireDivisor, textOf, toValue } from './template-values.ts';

/** Runs a template with its variables; `now` is what `strftime_now` writes. Throws what the template or the library says. */
export function runTemplate(text: string, variables: Record<string, unknown>, now: Date): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries(templateGlobals(now))) environment.set(name, value);
  const own = new Environment(environment);
  for (const [name, value] of Object.entries(variables)) own.set(name, value);
  return new TemplateInterpreter(own).evaluate(parseTemplate(text), own).value as string;
}

type TemplateFunction = (args: unknown, scope: Scope) => TemplateValue;

type Rule = (node: TemplateNode, environment: Scope) => TemplateValue | undefined;

/**
 * The library's interpreter, but for what Python's jinja2 does otherwise and a template would show: how values are written, what is equal,
 * what is undefined, how long a variable of a loop lives, and what texts are stripped of.
 */
class TemplateInterpreter extends Interpreter {
  /** What is done otherwise, by type of node; undefined leaves it to the library. */
  private readonly rules: Readonly<Record<string, Rule>> = {
    Value: (node) => node.held as TemplateValue,
    Output: (node, environment) => toValue(textOf(this.evaluate(node.value as TemplateNode, environment))),
    Scope: (node, environment) =>
      super.evaluate(alike(node, { type: 'Program', body: node.body }), new Environment(environment)),
    Iterable: (node, environment) => this.iterate(node, environment),
    Macro: (node, environment) => this.defineMacro(node, environment),
    MemberExpression: (node, environment) => this.readMember(node, environment),
    BinaryExpression: (node, environment) => this.combine(node, environment),
    CallExpression: (node, environment) => this.callMethod(node, environment),
    FilterExpression: (node, environment) => this.filter(node, environment),
    TestExpression: (node, environment) => this.test(node, environment),
  };

  override evaluate(node: TemplateNode | undefined, environment: Scope): TemplateValue {
    const rule = node === undefined ? undefined : this.rules[node.type];
    return rule?.(node as TemplateNode, environment) ?? super.evaluate(node, environment);
  }

  /** What is undefined has no items; a text has its characters. */
  private iterate(node: TemplateNode, environment: Scope): TemplateValue {
    const value = this.evaluate(node.value as TemplateNode, environment);
    if (value.type === 'UndefinedValue') return toValue([]);
    return value.type === 'StringValue' ? toValue([...(value.value as string)]) : value;
  }

  /** What is undefined has no attributes. */
  private readMember(node: TemplateNode, environment: Scope): TemplateValue {
    const [object, property] = [node.object, node.property] as [TemplateNode, TemplateNode];
    const owner = this.evaluate(object, environment);
    // JavaScript's texts and lists have a length, Python's have a filter for it.
    if (!node.computed && property.value === 'length' && SIZED.has(owner.type)) return toValue(undefined);
    const isIndex = node.computed === true && property.type !== 'SliceExpression';
    const index = isIndex ? this.evaluate(property, environment) : undefined;
    // A text has characters, not halves of them.
    if (owner.type === 'StringValue' && index?.type === 'IntegerValue')
      return toValue([...(owner.value as string)].at(index.value as number));
    const parts = { object: hold(object, owner), property: index ? hold(property, index) : property };
    const found = super.evaluate(alike(node, { ...node, ...parts }), environment);
    if (found.type !== 'UndefinedValue' || owner.type !== 'UndefinedValue') return found;
    const name = typeof object.value === 'string' ? `'${object.value}'` : 'something';
    throw new Error(`asks for a part of ${name}, which is undefined`);
  }

  /** A macro sees what is around its definition, not what is around its call, but for the `caller` of a call block. */
  private defineMacro(node: TemplateNode, environment: Scope): TemplateValue {
    const nothing = super.evaluate(node, environment);
    const macro = environment.variables.get((node.name as { value: string }).value) as {
      value: TemplateFunction;
    };
    const run = macro.value;
    macro.value = (args, { variables }) => {
      const around = new Environment(environment);
      const caller = variables.get('caller');
      if (caller !== undefined) around.variables.set('caller', caller);
      return run(args, around);
    };
    return nothing;
  }

  private combine(node: TemplateNode, environment: Scope): TemplateValue | undefined {
    const operator = (node.operator as { value: string }).value;
    if (operator === 'and' || operator === 'or') return undefined;
    const [left, right] = [node.left, node.right].map((side) =>
      this.evaluate(side as TemplateNode, environment),
    ) as [TemplateValue, TemplateValue];
    switch (operator) {
      case '==':
      case '!=':
        return toValue(areEqual(left, right) === (operator === '=='));
      case 'in':
      case 'not in':
        return toValue(contains(right, left) === (operator === 'in'));
      case '~':
        return toValue(textOf(left) + textOf(right));
    }
    if (operator === '/' || operator === '%') requireDivisor(operator, left, right);
    if (operator === '+' && (left.type === 'StringValue') !== (right.type === 'StringValue'))
      throw new Error(`adds a ${kindOf(left)} and a ${kindOf(right)}`);
    const sides = { left: hold(node.left, left), right: hold(node.right, right) };
    return super.evaluate(alike(node, { ...node, ...sides }), environment);
  }

  private callMethod({ callee, args }: TemplateNode, environment: Scope): TemplateValue | undefined {
    const { type, computed, object, property } = callee as TemplateNode;
    const name = (property as { value?: string } | undefined)?.value ?? '';
    if (ENDS.has(name) && (args as unknown[]).length > 1)
      throw new Error(`asks for ${name}() from a position on`);
    const method = own(TEXT_METHODS, name);
    if (type !== 'MemberExpression' || computed || method === undefined) return undefined;
    const text = this.evaluate(object as TemplateNode, environment);
    if (text.type !== 'StringValue') return undefined;
    return toValue(method(text.value as string, this.readChars(args, environment)));
  }

  private filter(node: TemplateNode, environment: Scope): TemplateValue | undefined {
    const filter = node.filter as TemplateNode;
    const isCall = filter.type === 'CallExpression';
    const name = (isCall ? (filter.callee as TemplateNode) : filter).value as string;
    const operand = () => this.evaluate(node.operand as TemplateNode, environment);
    const onText = own(TEXT_FILTERS, name);
    if (onText !== undefined)
      return toValue(
        onText(textOf(operand()), isCall ? this.readChars(filter.args, environment) : undefined),
      );
    if (name === 'string' && !isCall) return toValue(textOf(operand()));
    if (name === 'join') return this.join(operand(), isCall ? filter.args : [], environment);
    const onValue = own(VALUE_FILTERS, name);
    if (onValue === undefined) return undefined;
    const value = operand();
    return (
      onValue(value) ??
      super.evaluate(alike(node, { ...node, operand: hold(node.operand, value) }), environment)
    );
  }

  private join(value: TemplateValue, args: unknown, environment: Scope): TemplateValue {
    const [separator, ...others] = args as TemplateNode[];
    if (others.length > 0 || separator?.type === 'KeywordArgumentExpression')
      throw new Error('joins an attribute: use map(attribute=…)');
    return joinTexts(value, separator && this.evaluate(separator, environment));
  }

  private test(node: TemplateNode, environment: Scope): TemplateValue | undefined {
    const { value } = node.test as { value: string };
    if (value !== 'iterable' && value !== 'number') return undefined;
    const { type } = this.evaluate(node.operand as TemplateNode, environment);
    return toValue((value === 'iterable' ? ITERABLE : NUMBERS).has(type) !== node.negate);
  }

  private readChars(args: unknown, environment: Scope): string | undefined {
    const [first, ...others] = args as TemplateNode[];
    if (first === undefined) return undefined;
    const chars = this.evaluate(first, environment);
    if (others.length > 0 || (chars.type !== 'StringValue' && chars.type !== 'NullValue'))
      throw new Error('strips something else than a text');
    return (chars.value as string | null) ?? undefined;
  }
}

const ITERABLE: ReadonlySet<string> = new Set([
  ...['ArrayValue', 'TupleValue', 'StringValue', 'ObjectValue', 'UndefinedValue'],
]);

const NUMBERS: ReadonlySet<string> = new Set(['IntegerValue', 'FloatValue', 'BooleanValue']);
const SIZED: ReadonlySet<string> = new Set(['ArrayValue', 'TupleValue', 'StringValue']);
const ENDS: ReadonlySet<string> = new Set(['startswith', 'endswith']);

/** A node whose value is known: a macro may change what is around it, so nothing is evaluated twice. */
function hold(node: unknown, value: TemplateValue): TemplateNode {
  return alike(node as TemplateNode, { type: 'Value', held: value });
}

/** A rule of a table; templates may name what every object of JavaScript has. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
