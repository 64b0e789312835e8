/**
 * Sizes of a direct convolution: how outputs are cut into tasks and register tiles, and where packed weights lie.
 *
 * A task is some images × a block of output rows × one group × some panels of result channels. Inputs of a task are
 * copied, padded with zeros, into its thread's scratch as [image][row][column][channel of the group], where tap rows of
 * an undilated kernel are one run; without padding and groups they may be read in place.
 * With `inner`, for one result channel, vectors run along the contracted channels instead, and a panel is one column.
 * Packed weights: [group][phase][panel][tap row][tap][contracted][channels of the panel], the last panel padded with zeros.
 *
 * Where the engine joins pairs of vectors (`wide`), panels are twice as wide, and channels that do not fill one make
 * panels of 16 and 8 channels first: every panel of 8 or more then consists of whole pairs. Where rows of pixels are too
 * short for such a tile and a task has them all, tiles go on `acrossRows`.
 */

import { type Correlation, type Phase, reach } from "./correlation.ts";
import type { CodeOptions } from "./kernel.ts";
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

/** A panel by its first result channel: so many are stored, and so many packed. */
export interface Panel {
  readonly first: number;
  readonly channels: number;
  readonly packed: number;
}

export interface DirectPlan {
  readonly work: Correlation;
  readonly rows: number;
  readonly vectors: number;
  readonly inner: boolean;
  readonly wide: boolean;
  /** Register tiles take pixels of several rows, at constant offsets. */
  readonly acrossRows: boolean;
  readonly unroll: number;
  readonly blockRows: number;
  readonly rowBlocks: number;
  readonly images: number;
  readonly panels: number;
  readonly panelGroups: number;
  readonly panelCount: number;
  /** Panels after those of full width. */
  readonly lastPanels: readonly Panel[];
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

/** Result channels of a full panel. */
export const panelWidth = (plan: Pick<DirectPlan, "vectors" | "inner">): number => (plan.inner ? 1 : 4 * plan.vectors);

/** The panels of what full ones leave over. */
function panelsOfRest(results: number, width: number, wide: boolean): Panel[] {
  const panels: Panel[] = [];
  const add = (channels: number, packed: number): void => {
    panels.push({ first: results - rest, channels, packed });
    rest -= channels;
  };
  let rest = results % width;
  for (const pairs of wide ? [16, 8] : []) if (rest >= pairs && pairs < width) add(pairs, pairs);
  if (rest > 0) add(rest, wide ? 4 * Math.ceil(rest / 4) : width);
  return panels;
}

/** Result channels of all panels as they are packed. */
const packedResults = ({ panelCount, lastPanels, vectors, inner }: DirectPlan): number =>
  (panelCount - lastPanels.length) * panelWidth({ vectors, inner }) + lastPanels.reduce((sum, p) => sum + p.packed, 0);

export const phaseSteps = (work: Correlation, phase: Phase): number =>
  phase.y.taps.length * phase.x.taps.length * work.contracted;

/** Bytes of all panels of one phase, of one group. */
export const phaseBytes = (plan: DirectPlan, phase: Phase): number =>
  packedResults(plan) * phaseSteps(plan.work, phase) * 4;

export const groupBytes = (plan: DirectPlan): number =>
  plan.work.phases.reduce((sum, phase) => sum + phaseBytes(plan, phase), 0);

export const packedBytes = (plan: DirectPlan): number => plan.work.groups * groupBytes(plan);

/** Scratch that a task's input copy should stay under: half of a small second-level cache. */
const COPY_BYTES = 128 * 1024;

/** Vectors of a full panel: two, or four where that leaves a tile of one or two pixels enough sums; twice as many joined. */
function panelVectors(results: number, pixels: number, wide: boolean): number {
  if (!wide) return pixels <= 2 && results >= 16 ? 4 : 2;
  return pixels <= 2 && results >= 32 ? 8 : 4;
}

/** Whether rows of pixels leave a tile of six rows partly empty; every tile is code of its own, so there should be few. */
const shortRows = (rows: number, columns: number): boolean =>
  rows > 1 && (columns <= 4 || columns === 7) && rows * columns <= 49;

export function directPlan(
  work: Correlation,
  { relaxed, wide = false }: CodeOptions,
  variant: DirectVariant = {},
): DirectPlan {
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
  const acrossRows = wide && blockRows === outputRows && shortRows(outputRows, outputColumns);
  const pixels = acrossRows ? outputRows * outputColumns : outputColumns;
  const mostRows = relaxed ? 6 : 4;
  const vectors = inner ? 1 : (variant.vectors ?? panelVectors(work.results, pixels, wide));
  const width = panelWidth({ vectors, inner });
  const lastPanels = panelsOfRest(work.results, width, wide);
  const panelCount = Math.floor(work.results / width) + lastPanels.length;
  const panels = Math.min(variant.panels ?? (few ? (wide ? 4 : 8) : panelCount), panelCount);
  return {
    work,
    copy,
    wide,
    acrossRows,
    lastPanels,
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
    // Across rows there are as many tiles as it takes: the largest, which share each weight among most pixels.
    rows: variant.rows ?? (acrossRows ? mostRows : bestPart(pixels, mostRows)),
    unroll: variant.unroll ?? (relaxed ? 4 : 1),
    rowBlocks: Math.ceil(outputRows / blockRows),
    panelGroups: Math.ceil(panelCount / panels),
    firstRow: rowsReach.first,
    firstColumn: columnsReach.first,
    imagePitch: Math.ceil((copiedRows * rowPitch) / 64) * 64,
  };
}
