import { FacetError } from '@facet/errors';
import type { Axis, Rule } from './figure.ts';

/** Most series or groups that colours and shapes keep apart. */
export const MAX_NAMES = 10;
/** Most categories on one axis. */
export const MAX_CATEGORIES = 500;
/** Most marks in one figure: an SVG of about 10 MB. */
export const MAX_MARKS = 50_000;

/** Refuses an empty list, more than `limit` entries, and names that occur twice. */
export function requireNames(what: string, names: readonly string[], limit: number): void {
  if (names.length === 0) throw new FacetError('invalid', `${what} is empty; a figure shows at least one`);
  if (names.length > limit)
    throw new FacetError(
      'invalid',
      `${what} has ${names.length} entries; at most ${limit} can be told apart`,
    );
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new FacetError('invalid', `${what} has "${twice}" twice; names must differ`);
}

/** Refuses a value that the axis cannot show: not finite, not positive on a log axis, outside a given domain. */
export function requireOnAxis(what: string, value: number, axis: Axis): void {
  if (!Number.isFinite(value))
    throw new FacetError(
      'invalid',
      `${what} is ${value} on axis "${axis.label}"; leave out what was not measured`,
    );
  if (axis.scale === 'log' && value <= 0)
    throw new FacetError(
      'invalid',
      `${what} is ${value} on the log axis "${axis.label}", which shows values > 0`,
    );
  const [low, high] = axis.domain ?? [value, value];
  if (value < low || value > high)
    throw new FacetError(
      'invalid',
      `${what} is ${value}, outside the domain [${low}, ${high}] of axis "${axis.label}"; widen the domain`,
    );
}

/** Refuses an axis whose domain or ticks make no sense. */
export function requireAxis(axis: Axis): void {
  if (axis.domain && !(axis.domain[0] < axis.domain[1]))
    throw new FacetError('invalid', `axis "${axis.label}" has the domain [${axis.domain}]; it must grow`);
  for (const end of axis.domain ?? []) requireOnAxis('an end of the domain', end, axis);
  for (const tick of axis.ticks ?? []) requireOnAxis('a tick', tick, axis);
}

/** Refuses rules that lie on no axis, on both, or outside. */
export function requireRules(rules: readonly Rule[], x: Axis, y: Axis): void {
  for (const { x: atX, y: atY, label } of rules) {
    if ((atX === undefined) === (atY === undefined))
      throw new FacetError('invalid', `rule "${label}" needs either x or y`);
    if (atX !== undefined) requireOnAxis(`rule "${label}"`, atX, x);
    if (atY !== undefined) requireOnAxis(`rule "${label}"`, atY, y);
  }
}

/** Refuses a figure of more marks than a browser draws with ease. */
export function requireMarks(what: string, marks: number): void {
  if (marks === 0) throw new FacetError('invalid', `${what} is empty; a figure shows at least one`);
  if (marks > MAX_MARKS)
    throw new FacetError('invalid', `${what} has ${marks} entries; a figure shows at most ${MAX_MARKS}`);
}
