/**
 * What a picture of a graph is made of, before it is collapsed: one item for each operation, in an order of computation,
 * from the nodes of a graph or from the kernels of a program.
 */

import {
  allReads,
  byteSize,
  byteText,
  formatShape,
  formatSite,
  type Graph,
  type Kernel,
  kernelFlops,
  type Node,
  nodeFlops,
  type Program,
  sizeOf,
  type Tensor,
  type Variable,
} from "@prewitt/core";

/** Part of a training step that an operation belongs to. */
export type Phase = "input" | "forward" | "backward" | "update" | "kernel";

export interface Item {
  readonly op: string;
  /** Module path, "" outside modules. */
  readonly scope: string;
  readonly phase: Phase;
  /** Numbers of the items that it reads. */
  readonly inputs: readonly number[];
  readonly shape: string;
  readonly flops: number;
  /** Bytes of what it gives; 0 for views. */
  readonly bytes: number;
  /** Parameters that it reads, with their shapes. */
  readonly reads: readonly string[];
  /** The user's line. */
  readonly at: string;
  /** Further facts, such as where a kernel writes. */
  readonly notes?: string | undefined;
}

/** The operations of a graph and the arguments or data that they start from; parameters and numbers are only named. */
export function graphItems(graph: Graph): Item[] {
  const { phases, scopes } = phasesOf(graph.nodes);
  const numbers = new Map<Tensor, number>();
  const items: Item[] = [];
  const named = graph.leaves.filter(({ node }) => node.op.name === "input");
  const shown = named.length > 0 ? named : graph.leaves.filter(({ rank, node }) => rank > 0 && !isCell(node));
  for (const t of shown) {
    numbers.set(t, items.length);
    const op = t.node.op.name === "input" ? "input" : t.node.op.name;
    items.push({ ...NOTHING, op, phase: "input", shape: `${t.dtype} ${formatShape(t.shape)}`, bytes: bytesOf([t]) });
  }
  for (const node of graph.nodes) {
    for (const t of node.tensors) numbers.set(t, items.length);
    const inputs = node.inputs.map((t) => numbers.get(t)).filter((n) => n !== undefined);
    items.push({
      op: node.op.name,
      scope: scopes.get(node) ?? node.scope,
      phase: phases.get(node) ?? "forward",
      inputs: [...new Set(inputs)],
      shape: formatShape(node.tensors[0]?.shape ?? []),
      flops: nodeFlops(node),
      bytes: "view" in node.op ? 0 : bytesOf(node.tensors),
      reads: node.inputs.filter((t) => isCell(t.node)).map(cellText),
      at: formatSite(node.site),
      notes:
        node.tensors.length > 1 ? `all results: ${node.tensors.map(({ shape }) => formatShape(shape)).join(" ")}` : "",
    });
  }
  return items;
}

const NOTHING = { scope: "", inputs: [], flops: 0, bytes: 0, reads: [], at: "" };

function isCell(node: Node): boolean {
  return node.op.name === "variable";
}

function cellText(t: Tensor): string {
  return `${(t.node.attributes.cell as Variable).name} ${formatShape(t.shape)}`;
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, t) => sum + t.size * byteSize(t.dtype), 0);
}

/**
 * Which nodes compute gradients, and which use them. A node that a gradient rule made has the source site of the node that
 * it differentiates, the very same object, and comes later. Sums of gradients have a site of their own: they read and are
 * read by gradients, and belong to the module that their operands share.
 */
function phasesOf(nodes: readonly Node[]): { phases: Map<Node, Phase>; scopes: Map<Node, string> } {
  const sites = new Set<object>();
  const backward = new Set<Node>();
  for (const node of nodes) {
    if (sites.has(node.site)) backward.add(node);
    sites.add(node.site);
  }
  const scopes = new Map<Node, string>();
  const feeds = new Set<Node>();
  for (const node of [...nodes].reverse()) {
    const own = node.inputs.filter(({ node: input }) => backward.has(input)).map(({ node: input }) => input.scope);
    if (!backward.has(node) && node.scope === "" && own.length > 0 && feeds.has(node)) {
      backward.add(node);
      scopes.set(node, own.reduce(sharedPath));
    }
    if (backward.has(node)) for (const { node: input } of node.inputs) feeds.add(input);
  }
  const phases = new Map<Node, Phase>();
  for (const node of nodes) {
    const after = node.inputs.some(({ node: input }) => backward.has(input) || phases.get(input) === "update");
    phases.set(node, backward.has(node) ? "backward" : after ? "update" : "forward");
  }
  // An optimiser also prepares numbers (counters, rates) that read no gradient.
  const updating = new Set([...phases].flatMap(([node, phase]) => (phase === "update" ? [node.scope] : [])));
  updating.delete("");
  for (const node of nodes) if (!backward.has(node) && updating.has(node.scope)) phases.set(node, "update");
  return { phases, scopes };
}

function sharedPath(a: string, b: string): string {
  const [left, right] = [a.split("."), b.split(".")];
  const differ = left.findIndex((part, i) => part !== right[i]);
  return differ < 0 ? a : left.slice(0, differ).join(".");
}

/** The kernels of a program in the order in which they run. */
export function programItems(program: Program): Item[] {
  const writers = new Map<number, number>();
  const items: Item[] = [];
  for (const buffer of program.buffers) {
    const input = buffer.role === "input" ? program.inputs[buffer.index] : undefined;
    if (input?.source !== "argument") continue;
    writers.set(buffer.id, items.length);
    const shape = `${buffer.dtype} ${formatShape(buffer.shape)}`;
    const bytes = sizeOf(buffer.shape) * byteSize(buffer.dtype);
    items.push({ ...NOTHING, op: "input", phase: "input", shape, bytes });
  }
  for (const kernel of program.kernels) {
    const inputs = allReads(kernel).map(({ buffer }) => writers.get(buffer));
    items.push(kernelItem(program, kernel, [...new Set(inputs.filter((n) => n !== undefined))]));
    for (const { buffer } of kernel.writes) writers.set(buffer, items.length - 1);
  }
  return items;
}

function kernelItem(program: Program, kernel: Kernel, inputs: readonly number[]): Item {
  const origins = kernel.origins ?? [];
  const main = kernel.kind === "map" || kernel.kind === "reduce" ? origins.at(-1) : origins[0];
  const ops = [...new Set(origins.map(({ op, partOf }) => partOf ?? op))];
  const places = kernel.writes.flatMap(({ buffer }) => {
    const to = program.buffers[buffer];
    if (to?.role === "variable") return [`writes ${program.variables[to.index]?.name}`];
    return to === undefined || to.offset < 0 ? [] : [`at ${byteText(to.offset)} of the arena`];
  });
  const reads = allReads(kernel).flatMap(({ buffer }) => {
    const from = program.buffers[buffer];
    const variable = from?.role === "variable" ? program.variables[from.index] : undefined;
    return variable === undefined ? [] : [`${variable.name} ${formatShape(variable.shape)}`];
  });
  return {
    op: `${kernel.kind}${ops.length === 0 ? "" : `: ${ops.join(" + ")}`}`,
    scope: main?.scope ?? "",
    phase: "kernel",
    inputs,
    shape: kernel.writes.map(({ shape }) => formatShape(shape)).join(" "),
    flops: kernelFlops(kernel),
    bytes: kernel.writes.reduce(
      (sum, { shape, buffer }) => sum + sizeOf(shape) * byteSize(program.buffers[buffer]?.dtype ?? "float32"),
      0,
    ),
    reads: [...new Set(reads)],
    at: main?.at() ?? "",
    notes: places.join(", "),
  };
}
