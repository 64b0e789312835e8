/**
 * The rules of graphs and programs, checked: what every pass must keep, and what executors may rely on.
 *
 * A broken rule is a defect in an op or in a pass, never in the user's code. All rules are checked and every violation
 * is listed in one `ProgramError`.
 */

import { PrewittError, ProgramError } from "../errors/errors.ts";
import type { Node } from "../graph/node.ts";
import type { Program } from "../program/program.ts";
import { isFloat } from "../tensor/dtype.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { type Graph, isLeaf } from "./graph.ts";
import { kernelProblems } from "./validate-kernels.ts";
import { memoryProblems } from "./validate-memory.ts";

/**
 * Checks that every node comes after what it reads (control edges included), that nothing is there twice, that outputs
 * are what the ops' shape rules say, and that results, assignments and checks are available and fit.
 * Throws `ProgramError` with every violation.
 */
export function validateGraph(graph: Graph): void {
  const problems: string[] = [];
  const leaves = new Set(graph.leaves);
  if (leaves.size !== graph.leaves.length) problems.push("a leaf is listed twice");
  for (const t of leaves) if (!isLeaf(t)) problems.push(`[${t.node.op.name}] is listed as a leaf but has no value`);
  const all = new Set(graph.nodes);
  const done = new Set<Node>();
  const available = (t: Tensor): boolean => leaves.has(t) || done.has(t.node);
  graph.nodes.forEach((node, i) => {
    const name = `node ${i} [${node.op.name}]`;
    if (done.has(node)) problems.push(`${name} is listed twice`);
    if ("leaf" in node.op) problems.push(`${name} is a leaf, not a node to compute`);
    node.inputs.forEach((t, k) => {
      if (!available(t)) problems.push(`${name} reads input ${k} [${t.node.op.name}] before it is computed`);
    });
    if (node.control !== undefined && all.has(node.control.node) && !done.has(node.control.node)) {
      problems.push(`${name} comes before the value that its recomputation waits for`);
    }
    const wrong = specProblem(node);
    if (wrong !== undefined) problems.push(`${name}: ${wrong}`);
    done.add(node);
  });
  graph.outputs.forEach((t, i) => {
    if (!available(t)) problems.push(`output ${i} [${t.node.op.name}] is not computed`);
  });
  graph.checks.forEach((t, i) => {
    if (!available(t)) problems.push(`check ${i} [${t.node.op.name}] is not computed`);
    if (!isFloat(t.dtype)) problems.push(`check ${i} looks at ${t.dtype}, which is always finite`);
  });
  problems.push(...assignProblems(graph, available));
  fail("graph", problems);
}

function specProblem(node: Node): string | undefined {
  if ("leaf" in node.op) return undefined;
  let inferred: TensorSpec | readonly TensorSpec[];
  try {
    inferred = node.op.infer({ inputs: node.inputs, attributes: node.attributes });
  } catch (error) {
    return `its shape rule rejects the inputs: ${error instanceof PrewittError ? error.details.summary : String(error)}`;
  }
  const specs = Array.isArray(inferred) ? (inferred as readonly TensorSpec[]) : [inferred as TensorSpec];
  const text = (list: readonly TensorSpec[]): string =>
    list.map((s) => `${s.dtype} ${formatShape(s.shape)}`).join(", ");
  const fits =
    specs.length === node.outputs.length && specs.every((s, i) => sameSpec(s, node.outputs[i] as TensorSpec));
  return fits ? undefined : `its outputs are ${text(node.outputs)}, its shape rule says ${text(specs)}`;
}

function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

function assignProblems(graph: Graph, available: (t: Tensor) => boolean): string[] {
  const problems: string[] = [];
  const cells = new Set<object>();
  for (const { variable, value } of graph.assigns) {
    if (cells.has(variable)) problems.push(`${variable.name} is assigned twice`);
    cells.add(variable);
    if (!available(value)) problems.push(`the value of ${variable.name} [${value.node.op.name}] is not computed`);
    if (!sameSpec(variable, value)) {
      problems.push(
        `${variable.name} is ${variable.dtype} ${formatShape(variable.shape)}, its value ${value.dtype} ${formatShape(value.shape)}`,
      );
    }
  }
  return problems;
}

/**
 * Checks buffers, operands (every reachable offset lies in its buffer), expressions (operand numbers, dtypes, order),
 * reads of unwritten buffers, buffers written twice, outputs and assignments; once memory is planned, also that no two
 * buffers share bytes while both are alive. Throws `ProgramError` with every violation.
 */
export function validateProgram(program: Program): void {
  fail("program", [...kernelProblems(program), ...memoryProblems(program)]);
}

function fail(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new ProgramError({ summary: `the ${what} breaks its rules`, problems });
}
