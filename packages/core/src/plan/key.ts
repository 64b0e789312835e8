/**
 * Structural keys: two graphs with the same key have the same program. Values of leaves are not part of it, but for the
 * literals 0, ±1, 2 and ½; nor are module paths and source lines.
 */

import { isLiteral, type ScalarAttributes, scalarOp } from "../graph/leaves.ts";
import type { OpDefinition } from "../graph/op.ts";
import { session } from "../session.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Graph } from "./graph.ts";

function identity(value: object): number {
  let id = session.identities.get(value);
  if (id === undefined) {
    id = session.nextIdentity++;
    session.identities.set(value, id);
  }
  return id;
}

/** Plain data by value, everything else by identity. */
export function valueKey(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(valueKey).join()}]`;
  if (typeof value === "function") return `@${identity(value)}`;
  if (typeof value === "object" && value !== null) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return `@${identity(value)}`;
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}:${valueKey(v)}`)
      .join()}}`;
  }
  return String(value);
}

// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export function opKey(op: OpDefinition<any>, attributes: Readonly<Record<string, unknown>>): string {
  return `${op.name}@${identity(op)}${op.key === undefined ? valueKey(attributes) : valueKey(op.key(attributes))}`;
}

function leafKey(t: Tensor): string {
  if (t.node.op === scalarOp) {
    const { value } = t.node.attributes as ScalarAttributes;
    return `s${t.dtype}${isLiteral(value) ? valueKey(value) : "?"}`;
  }
  return `${t.node.op.name === "variable" ? "v" : "l"}${t.dtype}[${t.shape.join()}]`;
}

export function graphKey(graph: Graph): string {
  const names = new Map<Tensor, string>();
  const recomputes = new Map<number, number>();
  const parts: string[] = [session.precision];
  graph.leaves.forEach((t, i) => {
    names.set(t, `l${i}`);
    parts.push(leafKey(t));
  });
  const nameOf = (t: Tensor): string => names.get(t) ?? "?";
  graph.nodes.forEach((node, i) => {
    for (const t of node.tensors) if (!names.has(t)) names.set(t, `n${i}.${t.output}`);
    let recompute = "";
    if (node.recompute !== undefined) {
      if (!recomputes.has(node.recompute)) recomputes.set(node.recompute, recomputes.size);
      recompute = `r${recomputes.get(node.recompute)}`;
    }
    parts.push(`${opKey(node.op, node.attributes)}(${node.inputs.map(nameOf).join()})${recompute}`);
  });
  parts.push(`out ${graph.outputs.map(nameOf).join()}`);
  if (graph.assigns.length > 0)
    parts.push(`assign ${graph.assigns.map((a) => `${a.variable.id}=${nameOf(a.value)}`).join()}`);
  return parts.join("\n");
}
