/**
 * Pass: a graph of lowered and view ops to a program. Views become operands, ops become kernels, leaves become bound
 * buffers. Literal scalars become constants inside expressions. Nothing is fused and no memory is planned yet.
 */

import { ProgramError } from "../errors/errors.ts";
import { isLiteral, type ScalarAttributes, scalarOp } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import type { LoweredOp, ViewOp } from "../graph/op.ts";
import { formatSite } from "../graph/site.ts";
import type { Kernel, KernelOrigin, MapKernel, ReduceKernel } from "../program/kernels.ts";
import { isContiguous, type Operand, wholeBuffer } from "../program/operand.ts";
import type { Assign, Buffer, Program, ProgramInput, ProgramVariable } from "../program/program.ts";
import { type Instruction, identityExpression, type ScalarExpression } from "../program/scalar.ts";
import type { ExecutorTraits, HostValue } from "../run/executor.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Graph, isScalarLeaf, isTracedVariable } from "./graph.ts";
import { activationReads, CHANNELS_LAST, channelsLastBuffers, isDenseIn, orderedStrides } from "./layout.ts";

/** A program under construction. */
class Builder {
  readonly buffers: Buffer[] = [];
  readonly kernels: Kernel[] = [];
  readonly inputs: ProgramInput[] = [];
  readonly variables: ProgramVariable[] = [];
  readonly operands = new Map<Tensor, Operand>();
  /** Buffers that hold one literal, by number. */
  readonly literals = new Map<number, number>();
  readonly traits: ExecutorTraits;
  /** Tensors that lie channels-last. */
  readonly channelsLast: ReadonlySet<Tensor>;

  constructor(traits: ExecutorTraits, channelsLast: ReadonlySet<Tensor>) {
    this.traits = traits;
    this.channelsLast = channelsLast;
  }

  buffer(role: Buffer["role"], index: number, dtype: DType, shape: Shape, order?: readonly number[]): number {
    const id = this.buffers.length;
    this.buffers.push({ id, role, index, dtype, shape, order, offset: -1, first: -1, last: -1 });
    return id;
  }

  temporary(dtype: DType, shape: Shape, order?: readonly number[]): Operand {
    const whole = wholeBuffer(this.buffer("temporary", -1, dtype, shape, order), shape);
    return order === undefined ? whole : { ...whole, strides: orderedStrides(shape, order) };
  }

  dtypeOf(operand: Operand): DType {
    return (this.buffers[operand.buffer] as Buffer).dtype;
  }

  /** The operand itself, or a dense copy of it: row-major, or with its axes in `order`. */
  dense(operand: Operand, origin: KernelOrigin, order?: readonly number[]): Operand {
    if (order === undefined ? isContiguous(operand) : isDenseIn(operand, order)) return operand;
    const dtype = this.dtypeOf(operand);
    const copy = this.temporary(dtype, operand.shape, order);
    this.kernels.push({
      kind: "map",
      shape: operand.shape,
      reads: [operand],
      writes: [copy],
      expression: identityExpression(dtype),
      origins: [origin],
    });
    return copy;
  }
}

function originOf(node: Node): KernelOrigin {
  return { op: node.op.name, partOf: node.partOf, scope: node.scope, at: () => formatSite(node.site) };
}

/**
 * @param given How many of the leaves are bound at each run. Leaves after them were made by passes: they are the same
 * in every graph with this structure, so the program holds their values.
 */
export function lower(graph: Graph, traits: ExecutorTraits, given: number = graph.leaves.length): Program {
  const plain = lowerWith(graph, traits, given, new Set());
  if (traits.layout !== "channels-last") return plain.program;
  const buffers = channelsLastBuffers(plain.program);
  if (buffers.size === 0) return plain.program;
  const tensors = new Set<Tensor>();
  for (const [t, operand] of plain.operands) if (buffers.has(operand.buffer) && !("view" in t.node.op)) tensors.add(t);
  return lowerWith(graph, traits, given, tensors).program;
}

interface Lowering {
  readonly program: Program;
  readonly operands: ReadonlyMap<Tensor, Operand>;
}

function lowerWith(graph: Graph, traits: ExecutorTraits, given: number, channelsLast: ReadonlySet<Tensor>): Lowering {
  const b = new Builder(traits, channelsLast);
  for (const [i, t] of graph.leaves.entries()) bindLeaf(b, t, i, i >= given);
  for (const node of graph.nodes) lowerNode(b, node);
  for (const t of graph.checks) {
    b.kernels.push({ kind: "check", reads: [operandOf(b, t)], writes: [], origins: [originOf(t.node)] });
  }
  const assigns = graph.assigns.map((a): Assign => {
    const variable = b.variables.findIndex((v) => v.name === a.variable.name && v.id === a.variable.id);
    return { variable: variable >= 0 ? variable : addVariable(b, a.variable), value: temporaryOf(b, a.value) };
  });
  const outputs = graph.outputs.map((t) => resultOf(b, t));
  const { buffers, kernels, inputs, variables } = b;
  return { program: { buffers, kernels, inputs, variables, outputs, assigns, arena: 0 }, operands: b.operands };
}

function addVariable(b: Builder, variable: { id: number; name: string; dtype: DType; shape: Shape }): number {
  const buffer = b.buffer("variable", b.variables.length, variable.dtype, variable.shape);
  b.variables.push({ buffer, dtype: variable.dtype, shape: variable.shape, id: variable.id, name: variable.name });
  return b.variables.length - 1;
}

function bindLeaf(b: Builder, t: Tensor, leaf: number, made: boolean): void {
  const { shape, dtype } = t;
  if (isTracedVariable(t)) {
    const index = addVariable(b, t.node.attributes.cell as { id: number; name: string; dtype: DType; shape: Shape });
    b.operands.set(t, wholeBuffer((b.variables[index] as ProgramVariable).buffer, shape));
    return;
  }
  const buffer = b.buffer("input", b.inputs.length, dtype, shape);
  const value = isScalarLeaf(t) ? (t.node.attributes as unknown as ScalarAttributes).value : undefined;
  const literal = value !== undefined && isLiteral(value);
  if (literal) b.literals.set(buffer, value);
  const source = t.node.op === scalarOp ? "scalar" : t.node.op.name === "input" ? "argument" : "constant";
  b.inputs.push({
    buffer,
    dtype,
    shape,
    source,
    leaf,
    data: literal || made ? (t.node.values[0] as HostValue).array : undefined,
  });
  b.operands.set(t, wholeBuffer(buffer, shape));
}

function operandOf(b: Builder, t: Tensor): Operand {
  const operand = b.operands.get(t);
  if (operand === undefined) throw new ProgramError(`[${t.node.op.name}] is read before it is computed`);
  return operand;
}

function lowerNode(b: Builder, node: Node): void {
  const origin = originOf(node);
  if ("view" in node.op) {
    lowerView(b, node, node.op, origin);
    return;
  }
  if (!("lower" in node.op)) throw new ProgramError(`[${node.op.name}] has no lowering and was not expanded`);
  const op: LoweredOp<Record<string, unknown>> = node.op;
  const outputs = node.outputs.map((spec, i) =>
    b.temporary(spec.dtype, spec.shape, b.channelsLast.has(node.tensors[i] as Tensor) ? CHANNELS_LAST : undefined),
  );
  const context = {
    // An object for each place: one value may be read both as activation and as weight.
    inputs: node.inputs.map((t) => ({ ...operandOf(b, t) })),
    outputs,
    dtypes: node.inputs.map((t) => t.dtype),
    outputDtypes: node.outputs.map((spec) => spec.dtype),
    attributes: node.attributes,
  };
  let kernel = op.lower(context);
  const inputs = fittedInputs(b, kernel, context.inputs, origin);
  if (inputs.some((operand, i) => operand !== context.inputs[i])) kernel = op.lower({ ...context, inputs });
  b.kernels.push({ ...bakeLiterals(b, kernel), origins: [origin] });
  for (const [i, t] of node.tensors.entries()) b.operands.set(t, outputs[i] as Operand);
}

/** The inputs in the layout that the kernel's kind wants. */
function fittedInputs(
  b: Builder,
  kernel: Kernel,
  inputs: readonly Operand[],
  origin: KernelOrigin,
): readonly Operand[] {
  if (b.traits.stridedReads.has(kernel.kind)) return inputs;
  const windowed =
    b.traits.layout === "channels-last" && (kernel.kind === "conv" || kernel.kind === "pool") ? kernel : undefined;
  const activations = windowed === undefined ? [] : activationReads(windowed);
  return inputs.map((operand) => b.dense(operand, origin, activations.includes(operand) ? CHANNELS_LAST : undefined));
}

function lowerView(b: Builder, node: Node, op: ViewOp<Record<string, unknown>>, origin: KernelOrigin): void {
  const input = operandOf(b, node.inputs[0] as Tensor);
  node.tensors.forEach((t, i) => {
    const spec = node.outputs[i] as Tensor;
    const view = op.view(input, node.attributes, spec) ?? op.view(b.dense(input, origin), node.attributes, spec);
    if (view === null) throw new ProgramError(`[${op.name}] has no view of a contiguous operand`);
    b.operands.set(t, view);
  });
}

/** Reads of literal scalars become constants of the expression. */
function bakeLiterals(b: Builder, kernel: Kernel): Kernel {
  if (kernel.kind !== "map" && kernel.kind !== "reduce") return kernel;
  if (!kernel.reads.some((r) => b.literals.has(r.buffer))) return kernel;
  const expression = kernel.kind === "map" ? kernel.expression : kernel.prologue;
  const reads: Operand[] = [];
  const number = kernel.reads.map((r) => (b.literals.has(r.buffer) ? -1 : reads.push(r) - 1));
  const instructions = expression.instructions.map((i): Instruction => {
    if (i.op !== "read") return i;
    const value = b.literals.get((kernel.reads[i.operand] as Operand).buffer);
    return value === undefined
      ? { ...i, operand: number[i.operand] as number }
      : { op: "const", value, dtype: i.dtype };
  });
  const baked: ScalarExpression = { instructions, results: expression.results };
  return kernel.kind === "map"
    ? ({ ...kernel, reads, expression: baked } satisfies MapKernel)
    : ({ ...kernel, reads, prologue: baked } satisfies ReduceKernel);
}

/** The operand of a value that is assigned: a whole temporary, so that no assignment reads what another overwrites. */
function temporaryOf(b: Builder, t: Tensor): Operand {
  const operand = operandOf(b, t);
  const buffer = b.buffers[operand.buffer] as Buffer;
  return buffer.role === "temporary" && isContiguous(operand) && operand.offset === 0 ? operand : copyOf(b, t, operand);
}

/** The operand of an output: contiguous and computed by the program. */
function resultOf(b: Builder, t: Tensor): Operand {
  const operand = operandOf(b, t);
  return isContiguous(operand) ? operand : copyOf(b, t, operand);
}

function copyOf(b: Builder, t: Tensor, operand: Operand): Operand {
  const copy = b.temporary(t.dtype, t.shape);
  b.kernels.push({
    kind: "map",
    shape: t.shape,
    reads: [operand],
    writes: [copy],
    expression: identityExpression(t.dtype),
    origins: [originOf(t.node)],
  });
  return copy;
}
