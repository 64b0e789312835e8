/**
 * Sizes of a direct convolution: how outputs are cut into tasks and register tiles, and where packed weights lie.
 *
 * A task is some images × a block of output rows × one group × some panels of result channels. Inputs of a task are
 * copied, padded with zeros, into its thread's scratch as [image][row][column][channel of the group], where tap rows of
 * an undilated kernel are one run; without padding and groups they may be read in place.
 * With `inner`, for one result channel, vectors run along the contracted channels instead, and a panel is one column.
 * Packed weights: [group][phase][panel][tap row][tap][contracted][panel width], the last panel padded with zeros.
 */

import { type Correlation, type Phase, reach } from "./correlation.ts";
import { bestPart } from "./tile.ts";

export interface DirectVariant {
  /** Register tile: rows × 4·vectors. */
  readonly rows?: number;
  readonly vectors?: number;
  readonly unroll?: number;
  /** Output rows (of a phase) and images of a task, panels of a task. */
  readonly blockRows?: number;
  readonly images?: number;
  readonly panels?: number;
  /** Vectors along the contracted channels, for one result channel. */
  readonly inner?: boolean;
  /** Copy inputs even where they could be read in place. */
  readonly copy?: boolean;
}

export interface DirectPlan {
  readonly work: Correlation;
  readonly rows: number;
  readonly vectors: number;
  readonly inner: boolean;
  readonly unroll: number;
  readonly blockRows: number;
  readonly rowBlocks: number;
  readonly images: number;
  readonly panels: number;
  readonly panelGroups: number;
  readonly panelCount: number;
  readonly copy: boolean;
  /** Input index of row (column) 0 of the scratch copy for t = 0, and its extents. */
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly copiedRows: number;
  readonly copiedColumns: number;
  /** Bytes from pixel to pixel and row to row of what the inner loops read, and between images of the copy. */
  readonly pixel: number;
  readonly rowPitch: number;
  readonly imagePitch: number;
}

export const panelWidth = (plan: Pick<DirectPlan, "vectors" | "inner">): number => (plan.inner ? 1 : 4 * plan.vectors);

export const phaseSteps = (work: Correlation, phase: Phase): number =>
  phase.y.taps.length * phase.x.taps.length * work.contracted;

/** Bytes of all panels of one phase, of one group. */
export const phaseBytes = (plan: DirectPlan, phase: Phase): number =>
  plan.panelCount * phaseSteps(plan.work, phase) * panelWidth(plan) * 4;

export const groupBytes = (plan: DirectPlan): number =>
  plan.work.phases.reduce((sum, phase) => sum + phaseBytes(plan, phase), 0);

export const packedBytes = (plan: DirectPlan): number => plan.work.groups * groupBytes(plan);

/** Scratch that a task's input copy should stay under: half of a small second-level cache. */
const COPY_BYTES = 128 * 1024;

export function directPlan(work: Correlation, relaxed: boolean, variant: DirectVariant = {}): DirectPlan {
  const rowsReach = reach(work.phases.map((phase) => phase.y));
  const columnsReach = reach(work.phases.map((phase) => phase.x));
  const step = work.phases[0]!.y.step;
  const stepX = work.phases[0]!.x.step;
  const outputRows = Math.max(...work.phases.map((phase) => phase.y.count));
  const outputColumns = Math.max(...work.phases.map((phase) => phase.x.count));
  const copiedColumns = (outputColumns - 1) * stepX + columnsReach.last - columnsReach.first + 1;
  const lastRow = (outputRows - 1) * step + rowsReach.last;
  const lastColumn = (outputColumns - 1) * stepX + columnsReach.last;
  const inside =
    rowsReach.first >= 0 && columnsReach.first >= 0 && lastRow < work.input[0] && lastColumn < work.input[1];
  const copy = variant.copy === true || !inside || work.groups > 1;
  const pixel = (copy ? work.contracted : work.contracted * work.groups) * 4;
  const rowPitch = (copy ? copiedColumns : work.input[1]) * pixel;
  const rowsOf = (block: number): number => (block - 1) * step + rowsReach.last - rowsReach.first + 1;
  const fitting = Array.from({ length: outputRows }, (_, i) => i + 1).filter((n) => rowsOf(n) * rowPitch <= COPY_BYTES);
  const wanted = Math.min(fitting.at(-1) ?? 1, Math.max(1, Math.ceil(outputRows / 4)), Math.ceil(512 / outputColumns));
  const blockRows = Math.min(variant.blockRows ?? (outputRows <= 4 ? outputRows : wanted), outputRows);
  const copiedRows = rowsOf(blockRows);
  const few = outputRows * outputColumns <= 64 && blockRows === outputRows;
  const images =
    variant.images ?? (few ? Math.max(1, Math.min(8, Math.floor(COPY_BYTES / (copiedRows * rowPitch)))) : 1);
  const inner = work.contracted % 4 === 0 && (variant.inner ?? work.results === 1);
  const vectors = inner ? 1 : (variant.vectors ?? (outputColumns <= 2 && work.results >= 16 ? 4 : 2));
  const panelCount = Math.ceil(work.results / panelWidth({ vectors, inner }));
  const panels = Math.min(variant.panels ?? (few ? 8 : panelCount), panelCount);
  return {
    work,
    copy,
    blockRows,
    images,
    panels,
    panelCount,
    vectors,
    inner,
    pixel,
    rowPitch,
    copiedRows,
    copiedColumns,
    rows: variant.rows ?? bestPart(outputColumns, relaxed ? 6 : 4),
    unroll: variant.unroll ?? (relaxed ? 4 : 1),
    rowBlocks: Math.ceil(outputRows / blockRows),
    panelGroups: Math.ceil(panelCount / panels),
    firstRow: rowsReach.first,
    firstColumn: columnsReach.first,
    imagePitch: Math.ceil((copiedRows * rowPitch) / 64) * 64,
  };
}
