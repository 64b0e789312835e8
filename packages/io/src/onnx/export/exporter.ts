/**
 * Walks two traces of one function together, from the results to the inputs, and writes what it meets.
 *
 * Each node becomes operators by the first of these that fits: its value, where it depends on constants alone; a rule;
 * nothing, for a view that changes nothing; its kernel; its expansion, whose nodes are walked in turn.
 */

import {
  type ExpandedOp,
  type Node,
  type Operand,
  session,
  type Tensor,
  type Variable,
  type ViewOp,
  wholeBuffer,
} from "@prewitt/core";
import type { GraphWriter } from "./graph-writer.ts";
import { joinedRules } from "./joined-rules.ts";
import { kernelPlan } from "./kernels.ts";
import { operatorRules } from "./operator-rules.ts";
import { type Plan, type Rule, RuleContext } from "./rule.ts";
import { followsBatch, shapeRules } from "./shape-rules.ts";
import { batchMisfit, equalData, extentsOf, isFixed, type Twin, twins } from "./twin.ts";

const rules: ReadonlyMap<unknown, Rule> = new Map([...shapeRules, ...operatorRules, ...joinedRules]);

/** Above this many elements, values of constants are left for the file's reader to compute. */
const LARGEST_CONSTANT = 1 << 20;

interface Visit {
  readonly twin: Twin;
  plan: Plan | undefined;
  next: number;
}

export class Exporter {
  readonly #writer: GraphWriter;
  /** Paths of the model's variables. */
  readonly #paths: ReadonlyMap<Variable, string>;
  readonly #uses = new Map<Tensor, number>();
  readonly #names = new Map<Tensor, string>();
  readonly #variables = new Map<Variable, string>();
  readonly #constant = new Map<Node, boolean>();

  constructor(writer: GraphWriter, paths: ReadonlyMap<Variable, string>) {
    this.#writer = writer;
    this.#paths = paths;
  }

  /** The name of a tensor that an input of the file stands for. */
  bind(t: Tensor, name: string): void {
    this.#names.set(t, name);
  }

  /** Writes all that the results need; returns their names. */
  write(results: readonly Twin[]): string[] {
    this.#countUses(results.map((t) => t.a));
    return results.map((twin) => this.#resolve(twin));
  }

  #countUses(results: readonly Tensor[]): void {
    const seen = new Set<Node>();
    const stack: Tensor[] = [];
    const visit = (t: Tensor): void => {
      this.#uses.set(t, (this.#uses.get(t) ?? 0) + 1);
      if (seen.has(t.node)) return;
      seen.add(t.node);
      stack.push(t);
    };
    // A result is kept whatever else reads it.
    for (const t of results) {
      this.#uses.set(t, (this.#uses.get(t) ?? 0) + 1);
      visit(t);
    }
    for (let t = stack.pop(); t !== undefined; t = stack.pop()) t.node.inputs.forEach(visit);
  }

  #resolve(root: Twin): string {
    const stack: Visit[] = [{ twin: root, plan: undefined, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { twin } = top;
      if (this.#names.has(twin.a)) {
        stack.pop();
        continue;
      }
      if (top.plan === undefined) {
        if (this.#leaf(twin)) continue;
        top.plan = this.#plan(twin.a.node, twin.b.node);
      }
      const input = top.plan.inputs[top.next++];
      if (input !== undefined) stack.push({ twin: input, plan: undefined, next: 0 });
      else {
        stack.pop();
        this.#emit(twin.a.node, top.plan);
      }
    }
    return this.#names.get(root.a) as string;
  }

  #emit(node: Node, plan: Plan): void {
    this.#writer.scope = node.scope;
    const names = plan.emit(plan.inputs.map((t) => this.#names.get(t.a) as string));
    names.forEach((name, i) => {
      if (name !== "") this.#names.set(node.tensors[i] as Tensor, name);
    });
  }

  /** Names a tensor whose value is known: a variable, a constant, or what constants give. */
  #leaf({ a, b }: Twin): boolean {
    const { node } = a;
    if (node.op.name === "variable" && "leaf" in node.op) {
      this.#names.set(a, this.#variable(node.attributes.cell as Variable));
      return true;
    }
    const known = "leaf" in node.op || node.values[a.output] !== undefined;
    const extents = extentsOf(a.shape, b.shape);
    const fixed = extents !== undefined && isFixed(extents);
    if (!known && (!fixed || a.size > LARGEST_CONSTANT || !this.#isConstant(node))) return false;
    if (!fixed) batchMisfit(node, "the shape of a constant");
    if (a !== b && known && !sameValue(a, b)) batchMisfit(node, "the value of a constant");
    this.#names.set(a, this.#constantName(a));
    return true;
  }

  #constantName(t: Tensor): string {
    const { node } = t;
    if (t.rank === 0 && node.op.name === "scalar") return this.#writer.scalar(node.attributes.value as number, t.dtype);
    const base = node.scope === "" ? "constant" : `${node.scope}/constant`;
    return this.#writer.initializer(base, t, t.dtype, t.shape);
  }

  #variable(variable: Variable): string {
    const known = this.#variables.get(variable);
    if (known !== undefined) return known;
    const base = this.#paths.get(variable) ?? variable.name;
    const name = this.#writer.initializer(base, variable.read(), variable.dtype, variable.shape);
    this.#variables.set(variable, name);
    return name;
  }

  /** Whether a node depends on constants alone, rather than on inputs and variables. */
  #isConstant(root: Node): boolean {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (this.#constant.has(node)) {
        stack.pop();
        continue;
      }
      const settled = settledConstant(node);
      const open = settled === undefined ? node.inputs.filter((t) => !this.#constant.has(t.node)) : [];
      if (open.length > 0) stack.push(...open.map((t) => t.node));
      else {
        stack.pop();
        this.#constant.set(node, settled ?? node.inputs.every((t) => this.#constant.get(t.node) === true));
      }
    }
    return this.#constant.get(root) === true;
  }

  #plan(node: Node, twin: Node): Plan {
    if (node.op !== twin.op || node.inputs.length !== twin.inputs.length) batchMisfit(node, "which op comes here");
    const context = new RuleContext(node, twin, this.#writer, this.#uses);
    if (!followsBatch(context) && !equalData(node.attributes, twin.attributes)) {
      if (!("expand" in node.op)) batchMisfit(node, "an attribute");
    }
    const plan = rules.get(node.op)?.(context);
    if (plan !== undefined) return plan;
    if ("view" in node.op) return this.#view(context);
    if ("lower" in node.op) return kernelPlan(context);
    const expanded = twins(expandNode(node), expandNode(twin));
    return { inputs: expanded, emit: (names) => names };
  }

  /** A view that hands its input on. */
  #view(context: RuleContext): Plan {
    const { node } = context;
    const [x] = node.inputs as readonly [Tensor];
    const whole = wholeBuffer(0, x.shape);
    const seen: Operand | null = (node.op as ViewOp<never>).view(
      whole,
      node.attributes as never,
      node.tensors[0] as Tensor,
    );
    if (seen !== null && equalData(seen, whole))
      return { inputs: context.inputs, emit: (names) => [names[0] as string] };
    return context.fail({ summary: "ONNX has no operator for this view" });
  }
}

/** `undefined` when it depends on the inputs of the node. */
function settledConstant(node: Node): boolean | undefined {
  if ("leaf" in node.op) return node.op.name === "constant" || node.op.name === "scalar";
  return undefined;
}

function sameValue(a: Tensor, b: Tensor): boolean {
  return equalData(a.dataSync(), b.dataSync());
}

function expandNode(node: Node): readonly Tensor[] {
  const outer = session.origin;
  const { scope, site } = node;
  session.origin = { scope, site, partOf: node.partOf ?? node.op.name };
  try {
    const result = (node.op as ExpandedOp<never>).expand(node.inputs, node.attributes as never);
    return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
  } finally {
    session.origin = outer;
  }
}
