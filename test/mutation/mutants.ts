/** What is changed, one thing at a time: each as a place in a file and what would stand there instead. */
import {
  type BinaryExpression,
  isBigIntLiteral,
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isDoStatement,
  isExpressionStatement,
  isForStatement,
  isIfStatement,
  isImportDeclaration,
  isInterfaceDeclaration,
  isNumericLiteral,
  isParenthesizedExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isStringLiteral,
  isTemplateExpression,
  isTypeAliasDeclaration,
  isTypeNode,
  isWhileStatement,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";
import { childrenOf, parsed } from "./syntax.ts";

export interface Mutant {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The whole line, without its indentation. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly from: string;
  readonly to: string;
}

const COMPARED: Readonly<Record<string, readonly [bound: string, negated: string]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
};
const SWAPPED: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "+=": "-=",
  "-=": "+=",
};
/** From here on a number is a size, of which one more or less is no other behaviour. */
const SIZE = 10;

/** All mutants of the files, in the order of their places. */
export const mutantsOf = (files: readonly string[]): Mutant[] => parsed(files, mutantsIn).flat();

function mutantsIn(file: SourceFile, path: string): Mutant[] {
  const found: Mutant[] = [];
  const lines = file.text.split("\n");
  const add = (node: Node, replacements: readonly string[]) => {
    const start = node.getStart();
    const line = file.text.slice(0, start).split("\n").length;
    const from = file.text.slice(start, node.end);
    const place = { file: path, line, text: lines[line - 1]?.trim() ?? "", start, end: node.end, from };
    for (const to of new Set(replacements)) if (to !== from) found.push({ ...place, to });
  };
  const walk = (node: Node, parent: Node) => {
    if (hasNoCode(node)) return;
    const text = (part: Node) => file.text.slice(part.getStart(), part.end);
    add(node, [...ofCondition(node, parent), ...ofExpression(node, parent, text), ...ofStatement(node, parent)]);
    for (const child of childrenOf(node)) walk(child, node);
  };
  walk(file, file);
  return found;
}

const hasNoCode = (node: Node): boolean =>
  isTypeNode(node) || isInterfaceDeclaration(node) || isTypeAliasDeclaration(node) || isImportDeclaration(node);

/** Always and never. A loop that always goes on would only tell that the time limit works. */
function ofCondition(node: Node, parent: Node): readonly string[] {
  if (isIfStatement(parent) && parent.expression === node) return ["true", "false"];
  if (isConditionalExpression(parent) && parent.condition === node) return ["true", "false"];
  return isLoopCondition(node, parent) ? ["false"] : [];
}

const isLoopCondition = (node: Node, parent: Node): boolean =>
  ((isWhileStatement(parent) || isDoStatement(parent)) && parent.expression === node) ||
  (isForStatement(parent) && parent.condition === node);

type TextOf = (node: Node) => string;

function ofExpression(node: Node, parent: Node, text: TextOf): readonly string[] {
  const decides = ofCondition(node, parent).length > 1;
  if (isBinaryExpression(node)) return ofBinary(node, decides, text);
  if (isNumericLiteral(node) || isBigIntLiteral(node)) return isName(node, parent) ? [] : ofNumber(text(node));
  if (node.kind === SyntaxKind.TrueKeyword) return ["false"];
  if (node.kind === SyntaxKind.FalseKeyword) return ["true"];
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
    return decides ? [] : [`!!${text(node.operand)}`];
  }
  if (isPropertyAccessExpression(node)) return ofExtreme(text(node));
  return [];
}

/** `{ 4: 32 }` */
const isName = (node: Node, parent: Node): boolean => isPropertyAssignment(parent) && parent.name === node;

const ofExtreme = (callee: string): readonly string[] =>
  callee === "Math.min" ? ["Math.max"] : callee === "Math.max" ? ["Math.min"] : [];

function ofBinary(node: BinaryExpression, decides: boolean, text: TextOf): readonly string[] {
  const [left, right] = [text(node.left), text(node.right)];
  const operator = text(node.operatorToken);
  const by = (other: string) => `(${left}) ${other} (${right})`;
  if (operator === "&&" || operator === "||") return [left, right];
  const compared = COMPARED[operator];
  if (compared) return decides ? [by(compared[0])] : compared.map(by);
  const swapped = SWAPPED[operator];
  if (swapped === undefined || (operator.startsWith("+") && isText(node))) return [];
  if (operator.endsWith("==")) return decides ? [] : [by(swapped)];
  return [operator.endsWith("=") ? `${left} ${swapped} (${right})` : by(swapped)];
}

const isText = (node: Node): boolean =>
  isStringLiteral(node) ||
  isTemplateExpression(node) ||
  node.kind === SyntaxKind.NoSubstitutionTemplateLiteral ||
  (isParenthesizedExpression(node) && isText(node.expression)) ||
  (isBinaryExpression(node) && (isText(node.left) || isText(node.right)));

function ofNumber(text: string): readonly string[] {
  const isBig = text.endsWith("n");
  const digits = text.replace(/_/g, "").replace(/n$/, "");
  if (isBig) {
    const value = BigInt(digits);
    const others = value >= BigInt(SIZE) ? [value * 10n, value / 10n] : [value + 1n, value > 0n ? value - 1n : 1n];
    return others.map((other) => `${other}n`);
  }
  const value = Number(digits);
  if (!Number.isInteger(value)) return [`${value * 10}`, `${value / 10}`];
  const others = value >= SIZE ? [value * 10, Math.round(value / 10)] : [value + 1, value > 0 ? value - 1 : 1];
  return others.map(String);
}

/** Nothing is done: of calls, assignments and what counts. */
function ofStatement(node: Node, parent: Node): readonly string[] {
  if (!isExpressionStatement(parent)) return [];
  const isSuper = isCallExpression(node) && node.expression.kind === SyntaxKind.SuperKeyword;
  return isSuper ? [] : ["undefined"];
}
