/**
 * The calls of modules in one symbolic run, as a tree, with the nodes that each made itself.
 */

import { isTensor, type Node, session, type Tensor, type TensorSpec, Trace } from "@prewitt/core";
import { observed } from "../module/call.ts";
import type { AnyModule } from "../module/module.ts";
import type { FoundModule } from "../module/walk.ts";

export interface ModuleCallRecord {
  readonly module: AnyModule;
  readonly path: string;
  readonly children: ModuleCallRecord[];
  /** Tensors of the result, also inside arrays and plain objects. */
  readonly outputs: Tensor[];
  /** Nodes that this call made and no call inside it. */
  readonly nodes: Node[];
  /** Node numbers of the call: from `begin` to below `end`. */
  readonly begin: number;
  end: number;
}

export interface CallTree {
  readonly root: ModuleCallRecord;
  readonly inputs: readonly Tensor[];
  /** Nodes that the result depends on, in order of computation. */
  readonly nodes: readonly Node[];
}

function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

function nodesBelow(outputs: readonly Tensor[]): Node[] {
  const seen = new Set<Node>();
  const stack = outputs.map((t) => t.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const t of node.inputs) stack.push(t.node);
  }
  return [...seen].filter((n) => !("leaf" in n.op)).sort((a, b) => a.id - b.id);
}

function ownerOf(root: ModuleCallRecord, id: number): ModuleCallRecord {
  let at = root;
  for (;;) {
    const inner = at.children.find((c) => id >= c.begin && id < c.end);
    if (inner === undefined) return at;
    at = inner;
  }
}

/** Runs `forward` on symbolic inputs and records the calls. Nothing is computed or assigned. */
export function recordCalls(model: AnyModule, modules: readonly FoundModule[], specs: readonly TensorSpec[]): CallTree {
  const paths = new Map(modules.map(({ module, path }) => [module, path]));
  const stack: ModuleCallRecord[] = [];
  let root: ModuleCallRecord | undefined;
  const observer = {
    enter: (module: AnyModule) => {
      const begin = session.nextNode;
      const call = { module, path: paths.get(module) ?? "", children: [], outputs: [], nodes: [], begin, end: begin };
      stack.at(-1)?.children.push(call);
      stack.push(call);
      root ??= call;
    },
    leave: (_module: AnyModule, _inputs: readonly unknown[], output: unknown) => {
      const call = stack.pop() as ModuleCallRecord;
      call.end = session.nextNode;
      call.outputs.push(...tensorsIn(output));
    },
  };
  const trace = new Trace();
  const outer = session.trace;
  session.trace = trace;
  try {
    const inputs = specs.map((spec) => trace.input(spec));
    const run = model.forward as (...inputs: unknown[]) => unknown;
    const list = modules.map((m) => m.module);
    const outputs = tensorsIn(observed(list, observer, () => run(...inputs)));
    const tree = { root: root as ModuleCallRecord, inputs, nodes: nodesBelow(outputs) };
    for (const node of tree.nodes) ownerOf(tree.root, node.id).nodes.push(node);
    return tree;
  } finally {
    session.trace = outer;
  }
}
