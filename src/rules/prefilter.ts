import type { ASTNode } from '@marcbachmann/cel-js';
import type { Comparison, Reader, Resolver } from './condition-paths.ts';
import { pathOf } from './syntax-tree.ts';

/**
 * The part of a condition that can be tested without the CEL evaluator: comparisons of a name with a literal, and
 * whether two names hold the same text, joined by
 * `&&`, `||` and `!`. `test` is never false where the condition is true: CEL lets `false && x` be false whatever x is,
 * an error included. With `isExact` it is the condition itself. An ordinary event fails most rules by such a
 * comparison, which costs a fiftieth of an evaluation.
 */
export type Prefilter<Holder> = { readonly test: (holder: Holder) => boolean; readonly isExact: boolean };

/** Answers how to read what a node of a syntax tree stands for; null where it holds no value by itself. */
export type NodeResolver<Holder> = (node: ASTNode) => Reader<Holder> | null;

/** Resolves nodes that are chains of names. */
export function byPath<Holder>(resolve: Resolver<Holder>): NodeResolver<Holder> {
  return (node) => {
    const path = pathOf(node);
    return path === null ? null : resolve(path);
  };
}

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** Value of a number or text literal; null where a node is none, or no number holds it exactly. */
function literalOf(node: ASTNode): number | string | null {
  if (node.op === '-_') {
    const value = literalOf(node.args);
    return typeof value === 'number' ? -value : null;
  }
  if (node.op !== 'value') return null;
  const value = node.args;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : null;
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

function compareNumber<Holder>(
  read: (holder: Holder) => number,
  comparison: Comparison,
  limit: number,
): (holder: Holder) => boolean {
  switch (comparison) {
    case '==':
      return (holder) => read(holder) === limit;
    case '!=':
      return (holder) => read(holder) !== limit;
    case '<':
      return (holder) => read(holder) < limit;
    case '<=':
      return (holder) => read(holder) <= limit;
    case '>':
      return (holder) => read(holder) > limit;
    case '>=':
      return (holder) => read(holder) >= limit;
  }
}

function exact<Holder>(test: (holder: Holder) => boolean): Prefilter<Holder> {
  return { test, isExact: true };
}

function ofComparison<Holder>(
  comparison: Comparison,
  operands: readonly [ASTNode, ASTNode],
  resolve: NodeResolver<Holder>,
): Prefilter<Holder> | null {
  const [left, right] = operands;
  const leftReader = resolve(left);
  const rightReader = resolve(right);
  if (leftReader?.type === 'text' && rightReader?.type === 'text') return ofTexts(comparison, leftReader, rightReader);
  const reader = leftReader ?? rightReader;
  const literal = literalOf(leftReader === null ? left : right);
  if (reader === null || literal === null) return null;
  const oriented = leftReader === null ? MIRRORED[comparison] : comparison;
  if (reader.type === 'number' && typeof literal === 'number') {
    return exact(reader.compare?.(oriented, literal) ?? compareNumber(reader.read, oriented, literal));
  }
  if (reader.type !== 'text' || typeof literal !== 'string') return null;
  const { read } = reader;
  if (oriented === '==') return exact((holder) => read(holder) === literal);
  if (oriented === '!=') return exact((holder) => read(holder) !== literal);
  return null;
}

function ofTexts<Holder>(
  comparison: Comparison,
  left: { readonly read: (holder: Holder) => string },
  right: { readonly read: (holder: Holder) => string },
): Prefilter<Holder> | null {
  if (comparison === '==') return exact((holder) => left.read(holder) === right.read(holder));
  if (comparison === '!=') return exact((holder) => left.read(holder) !== right.read(holder));
  return null;
}

function ofMembership<Holder>(
  operands: readonly [ASTNode, ASTNode],
  resolve: NodeResolver<Holder>,
): Prefilter<Holder> | null {
  const [element, list] = operands;
  const reader = resolve(element);
  if (reader === null || list.op !== 'list') return null;
  const literals = list.args.map(literalOf);
  if (reader.type === 'text') {
    const texts = new Set(literals.filter((literal) => typeof literal === 'string'));
    const { read } = reader;
    return texts.size === new Set(literals).size ? exact((holder) => texts.has(read(holder))) : null;
  }
  if (reader.type !== 'number' || literals.some((literal) => typeof literal !== 'number')) return null;
  const { read } = reader;
  return exact((holder) => literals.includes(read(holder)));
}

function ofConjunction<Holder>(left: Prefilter<Holder> | null, right: Prefilter<Holder> | null) {
  if (left === null || right === null) {
    const known = left ?? right;
    return known === null ? null : { test: known.test, isExact: false };
  }
  const first = left.test;
  const second = right.test;
  return { test: (holder: Holder) => first(holder) && second(holder), isExact: left.isExact && right.isExact };
}

function ofDisjunction<Holder>(left: Prefilter<Holder> | null, right: Prefilter<Holder> | null) {
  if (left === null || right === null) return null;
  const first = left.test;
  const second = right.test;
  return { test: (holder: Holder) => first(holder) || second(holder), isExact: left.isExact && right.isExact };
}

/** Derives the prefilter of a condition; null where nothing of it can be tested so. */
export function prefilterOf<Holder>(node: ASTNode, resolve: NodeResolver<Holder>): Prefilter<Holder> | null {
  switch (node.op) {
    case '&&':
      return ofConjunction(prefilterOf(node.args[0], resolve), prefilterOf(node.args[1], resolve));
    case '||':
      return ofDisjunction(prefilterOf(node.args[0], resolve), prefilterOf(node.args[1], resolve));
    case '!_': {
      const inner = prefilterOf(node.args, resolve);
      return inner?.isExact === true ? exact((holder) => !inner.test(holder)) : null;
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ofComparison(node.op, node.args, resolve);
    case 'in':
      return ofMembership(node.args, resolve);
    case '.': {
      const reader = resolve(node);
      return reader?.type === 'flag' ? exact(reader.read) : null;
    }
    default:
      return null;
  }
}
