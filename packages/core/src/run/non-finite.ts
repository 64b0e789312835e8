/**
 * Finding where a NaN or infinity came from: the trace runs again, unfused, on the reference executor, with every value
 * kept, and the first node with a non-finite value is named with its module and line.
 */

import { NonFiniteError } from "../errors/errors.ts";
import type { Node } from "../graph/node.ts";
import { formatSite } from "../graph/site.ts";
import { type Graph, isTracedVariable } from "../plan/graph.ts";
import { plan } from "../plan/plan.ts";
import { referenceExecutor } from "../reference/executor.ts";
import { isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Storage } from "./executor.ts";
import type { Variable } from "./variable.ts";

/** Index of the first element that is NaN or infinite, or −1. */
function firstNonFinite(data: TypedArray): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

function describe(data: TypedArray): string {
  let nan = 0;
  let infinite = 0;
  for (const value of data) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
  }
  const at = firstNonFinite(data);
  return `${nan} NaN and ${infinite} infinite of ${data.length} elements, the first at element ${at}`;
}

function leafName(leaf: Tensor): string {
  if (isTracedVariable(leaf)) return `the variable "${(leaf.node.attributes.cell as Variable).name}"`;
  return leaf.node.op.name === "input" ? `argument ${leaf.node.attributes.index}` : "a constant";
}

/**
 * The error that names the origin. `arrays` holds the array of each leaf of the graph (variables: their storage).
 */
export function nonFiniteOrigin(
  graph: Graph,
  arrayOf: (leaf: number) => TypedArray | undefined,
  storages: ReadonlyMap<Variable, Storage>,
): NonFiniteError {
  for (const [i, leaf] of graph.leaves.entries()) {
    const data = isTracedVariable(leaf)
      ? storages.get(leaf.node.attributes.cell as Variable)?.readSync?.()
      : arrayOf(i);
    if (data === undefined || !isFloat(leaf.dtype) || firstNonFinite(data) < 0) continue;
    const name = leafName(leaf);
    // An infinite constant is often meant (a mask): the first op that makes something of it is named instead.
    if (name === "a constant" && !data.some(Number.isNaN)) continue;
    const reader = graph.nodes.find((node) => node.inputs.includes(leaf));
    return new NonFiniteError({
      summary: `the result is not finite: ${name} already holds ${describe(data)}`,
      fix: "check the data before the step; nothing was assigned",
      at: formatSite(leaf.node.site) || formatSite(reader?.site),
    });
  }
  const tensors = graph.nodes.flatMap((node: Node) => node.tensors.filter((t) => isFloat(t.dtype)));
  const values = runAll({ ...graph, outputs: tensors, assigns: [], checks: [] }, arrayOf, storages);
  const at = values.findIndex((data) => firstNonFinite(data) >= 0);
  const t = tensors[at] as Tensor | undefined;
  if (t === undefined) {
    return new NonFiniteError({
      summary: "the result is not finite, but every node is when computed unfused",
      fix: "nothing was assigned; report this",
    });
  }
  return new NonFiniteError({
    op: t.node.op.name,
    module: t.node.scope,
    summary: `is the first node with a value that is not finite: ${describe(values[at] as TypedArray)}`,
    operands: t.node.inputs.map((x, i) => ({
      name: t.node.op.inputNames?.[i] ?? `input ${i}`,
      shape: x.shape,
      dtype: x.dtype,
    })),
    fix: "lower the learning rate or guard the op; nothing was assigned, and { checkFinite: false } turns the check off",
    at: formatSite(t.node.site),
  });
}

function runAll(
  graph: Graph,
  arrayOf: (leaf: number) => TypedArray | undefined,
  storages: ReadonlyMap<Variable, Storage>,
): TypedArray[] {
  const executor = referenceExecutor();
  const program = plan(graph, { ...executor.traits, memoryLimit: Number.POSITIVE_INFINITY });
  const byId = new Map([...storages].map(([v, s]) => [v.id, s]));
  const variables = program.variables.map((v) => {
    const copy = executor.createStorage(
      v.dtype,
      v.shape.reduce((a, b) => a * b, 1),
    );
    copy.write(byId.get(v.id)?.readSync?.() as TypedArray);
    return copy;
  });
  const inputs = program.inputs.map((input) => input.data ?? (arrayOf(input.leaf) as TypedArray));
  return executor
    .prepare(program)
    .run({ inputs, variables })
    .map((v) => v.readSync?.() as TypedArray);
}
