import type { ASTNode } from '@marcbachmann/cel-js';

/** Direct operands of a node of a CEL syntax tree. */
export function operandsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

/** `account.attributes.vip` as ['account', 'attributes', 'vip']; null where a node is no chain of names. */
export function pathOf(node: ASTNode): readonly string[] | null {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return null;
  const owner = pathOf(node.args[0]);
  return owner === null ? null : [...owner, node.args[1]];
}

/** Visits a node and everything below it. */
export function walk(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  for (const operand of operandsOf(node)) walk(operand, visit);
}

/** Every longest chain of two or more names that an expression reads, each once, in order of appearance. */
export function pathsOf(root: ASTNode): { readonly path: readonly string[]; readonly node: ASTNode }[] {
  const found = new Map<string, { path: readonly string[]; node: ASTNode }>();
  const visit = (node: ASTNode) => {
    const path = pathOf(node);
    if (path === null) {
      for (const operand of operandsOf(node)) visit(operand);
    } else if (path.length > 1 && !found.has(path.join('.'))) {
      found.set(path.join('.'), { path, node });
    }
  };
  visit(root);
  return [...found.values()];
}
