/**
 * A program as text: its buffers with role, dtype, shape, place and lifetime; its kernels in order, one line each with
 * operands and origin, and below it the attributes and scalar expressions.
 *
 *     temporary %2: float32 [64, 10], bytes 0 … 2560, kernels 0 … 3
 *     0 map %2[64, 10] ← %0[64, 10], %1[64, 10](0, 1)   add, head.3
 *         (r0 + r1)
 *
 * An operand is buffer[shape]; strides follow in parentheses where it is not contiguous, then the offset.
 */

import { byteSize } from "../tensor/dtype.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import type { WindowAxis } from "./geometry.ts";
import type { Kernel } from "./kernels.ts";
import { isContiguous, type Operand } from "./operand.ts";
import type { Buffer, Program } from "./program.ts";
import { formatExpression, type ScalarExpression } from "./scalar.ts";

/** `%3[64, 10](0, 1)+5` */
export function formatBufferView(operand: Operand): string {
  const strides = isContiguous(operand) ? "" : `(${operand.strides.join(", ")})`;
  return `%${operand.buffer}${formatShape(operand.shape)}${strides}${operand.offset === 0 ? "" : `+${operand.offset}`}`;
}

function formatBuffer(program: Program, buffer: Buffer): string {
  const { id, role, index, dtype, shape, order, offset, first, last } = buffer;
  const parts = [`${dtype} ${formatShape(shape)}`];
  if (order !== undefined) parts.push(`order ${formatShape(order)}`);
  if (role === "input") parts.push(program.inputs[index]?.source ?? "unbound");
  if (role === "temporary") {
    const end = offset + sizeOf(shape) * byteSize(dtype);
    parts.push(offset < 0 ? "no place yet" : `bytes ${offset} … ${end}`);
  }
  parts.push(`kernels ${first} … ${last}`);
  return `${role}${index < 0 ? "" : ` ${index}`} %${id}: ${parts.join(", ")}`;
}

function formatAxis(axis: WindowAxis): string {
  const { input, kernel, stride, padBefore, padAfter, dilation, output } = axis;
  const pad = padBefore === padAfter ? `${padBefore}` : `${padBefore}+${padAfter}`;
  return `${input} → ${output} (kernel ${kernel}, stride ${stride}, padding ${pad}, dilation ${dilation})`;
}

/** What follows the kind in the head line. */
function variantOf(kernel: Kernel): string {
  switch (kernel.kind) {
    case "conv":
      return ` ${kernel.direction}`;
    case "pool":
      return ` ${kernel.mode}`;
    case "scan":
      return ` ${kernel.combine}`;
    default:
      return "";
  }
}

function expressionLine(name: string, expression: ScalarExpression, operand: string): string {
  return `${name}${formatExpression(expression, (i) => `${operand}${i}`)}`;
}

function epilogueLines(kernel: {
  readonly epilogue?: ScalarExpression | undefined;
  readonly epilogueReads?: readonly Operand[] | undefined;
}): string[] {
  if (kernel.epilogue === undefined) return [];
  const reads = (kernel.epilogueReads ?? []).map(formatBufferView);
  const suffix = reads.length === 0 ? "" : ` with ${reads.join(", ")}`;
  return [`${expressionLine("epilogue ", kernel.epilogue, "y")}${suffix}`];
}

function detailsOf(kernel: Kernel): string[] {
  switch (kernel.kind) {
    case "map":
      return [expressionLine("", kernel.expression, "r")];
    case "reduce": {
      const values = kernel.prologue.results.map((_, i) => `v${i}`).join("; ");
      const accumulators = kernel.accumulators.map((a, i) => `y${i} = ${a.kind}(v${a.value})`).join(", ");
      return [
        `over axes ${formatShape(kernel.axes)} of ${formatShape(kernel.shape)}: ${accumulators}`,
        expressionLine(`${values} = `, kernel.prologue, "r"),
        ...epilogueLines(kernel),
      ];
    }
    case "contract": {
      const batch = kernel.batch.length === 0 ? "" : `batch ${formatShape(kernel.batch)}, `;
      return [`${batch}m ${kernel.m}, n ${kernel.n}, k ${kernel.k}`, ...epilogueLines(kernel)];
    }
    case "conv": {
      const { batch, groups, channels, filters, axes } = kernel.geometry;
      return [
        `batch ${batch}, groups ${groups}, channels ${channels}, filters ${filters}`,
        ...axes.map(formatAxis),
        ...epilogueLines(kernel),
      ];
    }
    case "pool": {
      const { batch, channels, axes } = kernel.geometry;
      const pad = kernel.mode.startsWith("average")
        ? [kernel.countIncludePad ? "counts padding" : "counts no padding"]
        : [];
      return [[`batch ${batch}, channels ${channels}`, ...pad].join(", "), ...axes.map(formatAxis)];
    }
    case "scan":
      return [`axis ${kernel.axis}${kernel.exclusive ? ", exclusive" : ""}${kernel.reverse ? ", reverse" : ""}`];
    case "sort":
      return [`axis ${kernel.axis}${kernel.descending ? ", descending" : ""}`];
    case "gather":
    case "scatter":
      return [`axis ${kernel.axis}, limit ${kernel.limit}, over ${formatShape(kernel.shape)}`];
    case "copy": {
      const starts = kernel.starts.map(formatShape).join(", ");
      const steps = kernel.steps === undefined ? "" : `, every ${kernel.steps.map(formatShape).join(", ")}`;
      return [`at ${starts}${steps}${kernel.fill === undefined ? "" : `, elsewhere ${kernel.fill}`}`];
    }
    default:
      return [];
  }
}

function formatKernel(kernel: Kernel, number: number): string[] {
  const reads = kernel.reads.map(formatBufferView).join(", ");
  const writes = kernel.writes.map(formatBufferView).join(", ");
  const arrow = [writes, reads].filter((side) => side !== "").join(" ← ");
  const origins = (kernel.origins ?? []).map((o) => (o.scope === "" ? o.op : `${o.op}, ${o.scope}`)).join("; ");
  const head = `${number} ${kernel.kind}${variantOf(kernel)} ${arrow}${origins === "" ? "" : `   ${origins}`}`;
  return [head, ...detailsOf(kernel).map((line) => `    ${line}`)];
}

/** The whole program, one line a buffer, a kernel, an output and an assignment. */
export function formatProgram(program: Program): string {
  const lines = [
    `program: ${program.buffers.length} buffers, ${program.kernels.length} kernels, arena of ${program.arena} bytes`,
  ];
  for (const buffer of program.buffers) lines.push(formatBuffer(program, buffer));
  program.kernels.forEach((kernel, i) => {
    lines.push(...formatKernel(kernel, i));
  });
  program.outputs.forEach((output, i) => {
    lines.push(`output ${i} ← ${formatBufferView(output)}`);
  });
  for (const { variable, value } of program.assigns) lines.push(`variable ${variable} ← ${formatBufferView(value)}`);
  return lines.join("\n");
}
