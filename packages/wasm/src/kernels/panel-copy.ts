/**
 * Copies rows of channels-last images into panels of four channels: [channels/4][rows][columns][4], zeros where the image
 * ends and in channels beyond the last. A walk over positions then reads one sequence, whatever the number of channels:
 * no stride that is a power of two, no cache set used twice.
 */

import { type FunctionHandle, f32x4, i32, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { loadLanes } from "./tile.ts";

export interface PanelCopy {
  readonly height: number;
  readonly width: number;
  /** Channels of the image, and how many of them are copied. */
  readonly allChannels: number;
  readonly channels: number;
  readonly firstColumn: number;
  readonly columns: number;
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
    const whole = Math.floor(copy.channels / 4);
    const together = [4, 2].find((n) => whole % n === 0) ?? 1;
    f.repeat(rows, () => {
      const inside = f.let(i32.ltU(first, copy.height));
      const source = f.let(i32.add(image, i32.mul(i32.add(i32.mul(first, copy.width), start), copy.allChannels * 4)));
      const to = f.let(target);
      const group = (vectors: number, lanes: number): void => {
        const at = f.let(to);
        const zeros = (columns: number): void => {
          f.repeat(columns, () => {
            for (let v = 0; v < vectors; v++) f.do(v128.store(at, f32x4.splat(0), v * copy.pitch));
            f.increment(at, 16);
          });
        };
        f.if(
          inside,
          () => {
            if (before > 0) zeros(before);
            const from = f.let(source);
            f.repeat(count, () => {
              for (let v = 0; v < vectors; v++) f.do(v128.store(at, loadLanes(from, lanes, 16 * v), v * copy.pitch));
              f.increment(from, copy.allChannels * 4);
              f.increment(at, 16);
            });
            if (after > 0) zeros(after);
          },
          () => zeros(copy.columns),
        );
        f.increment(source, 16 * vectors);
        f.increment(to, vectors * copy.pitch);
      };
      f.repeat(whole / together, () => group(together, 4));
      if (copy.channels % 4 > 0) group(1, copy.channels % 4);
      f.increment(target, copy.columns * 16);
      f.increment(first, 1);
    });
  });
}
