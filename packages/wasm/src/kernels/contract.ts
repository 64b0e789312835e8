/**
 * Matrix products: C[b, m, n] = Σ_k A[b, m, k] · B[b, k, n], for any strides of A and B (transposes, broadcasts over the
 * batch), C with neighbouring columns. Small products are one stage that reads operands in place; large ones copy
 * operands into panels first (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
 * Code holds n, the strides and (mostly) k; m, the outermost batch extent and the task cut are arguments.
 */

import { productsOf } from "./contract-address.ts";
import { combineStage } from "./contract-combine.ts";
import { elementOf } from "./contract-element.ts";
import { packStage, paddedColumns, repeats } from "./contract-pack.ts";
import { contractPlan } from "./contract-plan.ts";
import { chunksOf, localBytes, productStage } from "./contract-product.ts";
import { type ContractSpec, contractShape } from "./contract-shape.ts";
import { alignLine, type Extents, type Kernel } from "./kernel.ts";

export type { BRead, ContractSpec, ContractVariant } from "./contract-shape.ts";

export interface ContractKernel extends Kernel {
  /** What the run-time arguments are for this shape: m, k, batch, and the task cut. */
  readonly extents: Extents;
  /** Whether the first stage, and no other, reads B, and copies it into `packedB`. */
  readonly packs: boolean;
}

/**
 * Operands by name: `a`, `b`, `c`, then those of the epilogue. Shared scratch `packedB` and `partial`, and `local`, where
 * the plan has them. Run-time arguments are the kernel's `extents`: `m`, `k`, `batch` (the outermost batch axis) and the
 * task cut, `rows`, `columns`, `block`, `chunk`; a stage takes those that it needs. Equal keys for any m, and for any k
 * where k is the outermost axis of both operands. Nothing outside the operands' elements is read or written.
 *
 * The epilogue works on the sums before they are stored, or, with chunks, on the sum of the chunks.
 *
 * @example
 * // y[64, 128] = x[64, 3136] · wᵀ, weights w[128, 3136]
 * contractKernel({ relaxed, m: 64, k: 3136, n: 128, aStrides: [3136, 1], bStrides: [1, 3136], cStrides: [128, 1] });
 */
export function contractKernel(spec: ContractSpec): ContractKernel {
  const element = elementOf(spec.dtype ?? "float32", spec.relaxed);
  const shape = contractShape(spec);
  const plan = contractPlan(shape, element, spec, spec.variant ?? {}, spec.keepsB);
  const extents = { m: shape.m, k: shape.k, batch: shape.batch[0]?.extent ?? 1, ...plan.cut };
  const stages = [
    ...(plan.b === "packed" ? [packStage(plan)] : []),
    productStage(plan, spec.epilogue),
    ...(plan.chunked ? [combineStage(plan, spec.epilogue)] : []),
  ];
  const empty = shape.m * shape.n === 0 || shape.batch.some((axis) => axis.extent === 0);
  const bytes = (elements: number): number => alignLine(Math.max(1, elements) * element.bytes);
  return {
    variant: variantName(plan),
    extents,
    stages: empty ? [] : stages,
    packs: !empty && plan.b === "packed",
    scratch: (at) => {
      const products = productsOf(plan, at);
      const k = at.k!;
      return {
        shared: {
          ...(plan.b === "packed"
            ? { packedB: bytes((repeats(plan, "b") ? 1 : products) * paddedColumns(shape.n, element) * k) }
            : {}),
          ...(plan.chunked ? { partial: bytes(products * chunksOf(plan, at) * at.m! * shape.n) } : {}),
        },
        local: localBytes(plan, at),
      };
    },
    flops: (at) => 2 * productsOf(plan, at) * at.m! * shape.n * at.k!,
  };
}

function variantName({ tileRows, tileColumns, packA, b, chunked }: ReturnType<typeof contractPlan>): string {
  const how = { direct: "direct", gather: "gathered", packed: "packed", local: "blocked" }[b];
  return `contract ${how}${packA ? " A" : ""} ${tileRows}×${tileColumns}${chunked ? ", chunks" : ""}`;
}
