/**
 * Rules of operand shapes, kind by kind: one stride per axis of the kernel's index space, and the extents of its geometry.
 */

import type { ContractKernel, ConvKernel, CopyKernel, Kernel, PoolKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";

type Demand = readonly [what: string, operand: Operand | undefined, shape: readonly number[]];

export function shapeProblems(kernel: Kernel): string[] {
  const problems = kernel.kind === "copy" ? partProblems(kernel) : [];
  for (const [what, operand, shape] of demandsOf(kernel)) {
    if (operand === undefined) problems.push(`${what} is missing`);
    else if (!sameShape(operand.shape, shape)) {
      problems.push(`${what} has the shape [${operand.shape.join(", ")}], not [${shape.join(", ")}]`);
    }
  }
  return problems;
}

function each(what: string, operands: readonly Operand[], shape: readonly number[]): Demand[] {
  return operands.map((operand, i): Demand => [`${what} ${i}`, operand, shape]);
}

function demandsOf(kernel: Kernel): Demand[] {
  const [r0, r1, r2] = kernel.reads;
  const w0 = kernel.writes[0];
  switch (kernel.kind) {
    case "map":
      return [...each("read", kernel.reads, kernel.shape), ...each("write", kernel.writes, kernel.shape)];
    case "reduce": {
      const kept = kernel.shape.map((n, i) => (kernel.axes.includes(i) ? 1 : n));
      const after = [...each("write", kernel.writes, kept), ...each("epilogue read", kernel.epilogueReads, kept)];
      return [...each("read", kernel.reads, kernel.shape), ...after];
    }
    case "contract":
      return contractDemands(kernel);
    case "conv":
      return convDemands(kernel);
    case "pool":
      return poolDemands(kernel);
    case "gather":
      return [
        ["the index", r1, kernel.shape],
        ["the write", w0, kernel.shape],
      ];
    case "scatter":
      return [
        ["x", r0, w0?.shape ?? []],
        ["the index", r1, kernel.shape],
        ["the source", r2, kernel.shape],
      ];
    case "scan":
    case "sort":
      return each("write", kernel.writes, r0?.shape ?? []);
    default:
      return [];
  }
}

function contractDemands({ batch, m, n, k, reads, writes }: ContractKernel): Demand[] {
  const c = writes[0];
  const size = sizeOf(batch) * m * n;
  const product: Demand[] = c !== undefined && sizeOf(c.shape) === size ? [] : [["the write", c, [...batch, m, n]]];
  return [["a", reads[0], [...batch, m, k]], ["b", reads[1], [...batch, k, n]], ...product];
}

function convDemands({ geometry, direction, reads, writes }: ConvKernel): Demand[] {
  const {
    batch,
    groups,
    channels,
    filters,
    axes: [h, w],
  } = geometry;
  const x = [batch, groups * channels, h.input, w.input];
  const y = [batch, groups * filters, h.output, w.output];
  const weight = [groups * filters, channels, h.kernel, w.kernel];
  const shapes = { forward: [x, weight, y], inputGradient: [y, weight, x], weightGradient: [x, y, weight] } as const;
  const [first, second, result] = shapes[direction];
  return [
    ["read 0", reads[0], first],
    ["read 1", reads[1], second],
    ["the write", writes[0], result],
  ];
}

function poolDemands({ geometry, mode, reads, writes }: PoolKernel): Demand[] {
  const {
    batch,
    channels,
    axes: [h, w],
  } = geometry;
  const x = [batch, channels, h.input, w.input];
  const y = [batch, channels, h.output, w.output];
  const backward = mode === "maxGradient" || mode === "averageGradient";
  const index: Demand[] = mode === "maxGradient" || mode === "maxTake" ? [["the index", reads[1], y]] : [];
  const indexWrite: Demand[] = mode === "max" ? [["the index", writes[1], y]] : [];
  return [["read 0", reads[0], backward ? y : x], ...index, ["the write", writes[0], backward ? x : y], ...indexWrite];
}

/** Parts of a copy lie inside the write. */
function partProblems({ reads, writes, starts, steps }: CopyKernel): string[] {
  const write = writes[0];
  if (write === undefined) return ["the write is missing"];
  return reads.flatMap((r, i) => {
    const inside = r.shape.every((n, axis) => {
      const start = starts[i]?.[axis] ?? -1;
      const end = start + (n - 1) * (steps?.[i]?.[axis] ?? 1);
      return n === 0 || (start >= 0 && end < (write.shape[axis] ?? 0));
    });
    return inside && r.shape.length === write.shape.length ? [] : [`part ${i} does not lie inside the write`];
  });
}
