/**
 * A graph as text, one node a line, in the order of computation:
 *
 *     %7 float32 [32, 64, 14, 14] = conv2d(%5, %6) stride=[1,1]  # features.3  train.ts:14:9
 *
 * Leaves come first. A node of several outputs lists them all before the `=`. `~3` marks a node that a checkpoint
 * computes again: nodes of one number belong to one recomputation.
 */

import { type ScalarAttributes, scalarOp } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import { formatSite } from "../graph/site.ts";
import type { Variable } from "../run/variable.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Graph, isTracedVariable } from "./graph.ts";

/** Longest list that is written out in attributes. */
const LONGEST = 8;

/** The nodes of a graph with shapes, attributes, module paths and source lines. */
export function formatGraph(graph: Graph): string {
  const numbers = new Map<Tensor, number>();
  const recomputes = new Map<number, number>();
  const name = (t: Tensor): string => {
    const n = numbers.get(t);
    return n === undefined ? "%?" : `%${n}`;
  };
  const declare = (t: Tensor): string => {
    if (!numbers.has(t)) numbers.set(t, numbers.size);
    return `${name(t)} ${t.dtype} ${formatShape(t.shape)}`;
  };
  const lines = graph.leaves.map((t) => `${declare(t)} = ${leafText(t)}`);
  for (const node of graph.nodes) {
    const left = node.tensors.map(declare).join(", ");
    lines.push(`${left} = ${callText(node, name)}${recomputeText(node, recomputes)}${commentText(node)}`);
  }
  for (const { variable, value } of graph.assigns) lines.push(`${variable.name} ← ${name(value)}`);
  for (const t of graph.checks) lines.push(`check ${name(t)}`);
  lines.push(`return ${graph.outputs.map(name).join(", ")}`.trimEnd());
  return lines.join("\n");
}

function leafText(t: Tensor): string {
  const { op, attributes } = t.node;
  if (op === scalarOp) return `scalar ${(attributes as unknown as ScalarAttributes).value}`;
  if (op.name === "input") return `argument ${attributes.index}`;
  if (op.name === "variable") {
    return `variable ${(attributes.cell as Variable).name}${isTracedVariable(t) ? "" : ` version ${attributes.version}`}`;
  }
  return "leaf" in op ? op.name : `value of ${op.name}`;
}

function callText(node: Node, name: (t: Tensor) => string): string {
  const attributes = Object.entries(node.attributes).flatMap(([key, value]) => {
    const text = attributeText(value);
    return text === undefined ? [] : [` ${key}=${text}`];
  });
  return `${node.op.name}(${node.inputs.map(name).join(", ")})${attributes.join("")}`;
}

/** Plain data as written; functions by name; objects of a class and absent options not at all. */
function attributeText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "function") return value.name === "" ? "function" : value.name;
  if (Array.isArray(value)) {
    const items = value.slice(0, LONGEST).map((v) => attributeText(v) ?? "");
    return `[${items.join(",")}${value.length > LONGEST ? ",…" : ""}]`;
  }
  if (typeof value === "object" && value !== null) {
    if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
    return `{${Object.entries(value)
      .flatMap(([k, v]) => (v === undefined ? [] : [`${k}: ${attributeText(v) ?? ""}`]))
      .join(", ")}}`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

function recomputeText(node: Node, recomputes: Map<number, number>): string {
  if (node.recompute === undefined) return "";
  const number = recomputes.get(node.recompute) ?? recomputes.size + 1;
  recomputes.set(node.recompute, number);
  return ` ~${number}`;
}

function commentText(node: Node): string {
  const at = formatSite(node.site).replace(/^.*[/\\]/, "");
  const parts = [node.scope, at].filter((part) => part !== "");
  return parts.length === 0 ? "" : `  # ${parts.join("  ")}`;
}
