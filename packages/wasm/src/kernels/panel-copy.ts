/**
 * Copies rows of channels-last images into panels of four or eight channels: [channels/4][rows][columns][4], or in eights,
 * zeros where the image ends and in channels beyond the last (in eights, the last four may be left out). A walk over positions then reads one sequence, whatever the number of channels:
 * no stride that is a power of two, no cache set used twice.
 */

import { type FunctionHandle, f32x4, i32, type ModuleBuilder, type Value, v128 } from "../assembler/index.ts";
import { loadLanes } from "./tile.ts";

export interface PanelCopy {
  readonly height: number;
  readonly width: number;
  /** Channels of the image, and how many of them are copied. */
  readonly allChannels: number;
  readonly channels: number;
  readonly firstColumn: number;
  readonly columns: number;
  /** Vectors of four channels in a panel. */
  readonly vectors: 1 | 2;
  /** Bytes from panel to panel. */
  readonly pitch: number;
}

/**
 * Defines `(image, target, first, rows)`: image rows first … first + rows − 1 (outside ones are zeros); `image` is the
 * address of the image's first pixel, at the first copied channel.
 */
export function definePanelCopy(module: ModuleBuilder, name: string, copy: PanelCopy): FunctionHandle<"void"> {
  const parameters = { image: "i32", target: "i32", first: "i32", rows: "i32" } as const;
  const start = Math.max(0, copy.firstColumn);
  const count = Math.max(0, Math.min(copy.width, copy.firstColumn + copy.columns) - start);
  const before = Math.min(start - copy.firstColumn, copy.columns);
  const after = copy.columns - before - count;
  return module.function({ name, parameters, export: false }, (f, { image, target, first, rows }) => {
    const whole = Math.floor(copy.channels / copy.vectors / 4);
    const rest = copy.channels - whole * copy.vectors * 4;
    const together = (copy.vectors === 1 ? [4, 2] : [2]).find((n) => whole % n === 0) ?? 1;
    const place = (v: number): number => Math.floor(v / copy.vectors) * copy.pitch + (v % copy.vectors) * 16;
    const step = copy.vectors * 16;
    f.repeat(rows, () => {
      const inside = f.let(i32.ltU(first, copy.height));
      const source = f.let(i32.add(image, i32.mul(i32.add(i32.mul(first, copy.width), start), copy.allChannels * 4)));
      const to = f.let(target);
      const group = (panels: number, channels: number): void => {
        const at = f.let(to);
        const vectors = Math.ceil(channels / 4);
        // The last first: an engine that joins stores wants the higher address of a pair before the lower.
        const store = (value: (v: number) => Value<"v128">): void => {
          const values = Array.from({ length: vectors }, (_, v) => f.let(value(v)));
          for (let v = vectors - 1; v >= 0; v--) f.do(v128.store(at, values[v]!, place(v)));
          f.increment(at, step);
        };
        const zeros = (columns: number): void => {
          f.repeat(columns, () => store(() => f32x4.splat(0)));
        };
        f.if(
          inside,
          () => {
            if (before > 0) zeros(before);
            const from = f.let(source);
            f.repeat(count, () => {
              store((v) => loadLanes(from, channels - 4 * v, 16 * v));
              f.increment(from, copy.allChannels * 4);
            });
            if (after > 0) zeros(after);
          },
          () => zeros(copy.columns),
        );
        f.increment(source, panels * step);
        f.increment(to, panels * copy.pitch);
      };
      f.repeat(whole / together, () => group(together, together * copy.vectors * 4));
      if (rest > 0) group(1, rest);
      f.increment(target, copy.columns * step);
      f.increment(first, 1);
    });
  });
}
