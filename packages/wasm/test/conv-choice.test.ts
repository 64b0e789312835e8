/**
 * The choice of algorithm, and the epilogue hook that executors fuse expressions with.
 */
import { describe, expect, test } from "vitest";
import { f32x4, i32, type Local, type Value } from "../src/assembler/index.ts";
import { chooseConv } from "../src/kernels/conv-choice.ts";
import type { ConvShape } from "../src/kernels/conv-shape.ts";
import type { Epilogue } from "../src/kernels/epilogue.ts";
import { loadLanes } from "../src/kernels/tile.ts";
import { backwards, data, operands, runConv, same, sizes } from "./conv-case.ts";

describe("choice", () => {
  test.each([
    ["winograd", same(64, 64, 56)],
    ["winograd", same(32, 64, 14)],
    ["winograd", same(256, 256, 14)],
    ["winograd", same(512, 512, 4)],
    ["direct", same(1, 32, 28)],
    ["direct", same(3, 64, 32)],
    ["direct", same(256, 64, 28, 1)],
    ["direct", same(64, 128, 32, 3, 2)],
    ["direct", same(8, 8, 28)],
    ["direct", same(32, 32, 1)],
    ["depthwise", same(1, 1, 28, 3, 1, 128)],
    ["direct", same(4, 4, 28, 3, 1, 32)],
  ] as const)("%s", (algorithm, shape: ConvShape) => {
    for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
      expect(chooseConv({ shape, direction, precision: "fast" })).toBe(algorithm);
      expect(chooseConv({ shape, direction, precision: "strict" })).not.toBe("winograd");
    }
  });
});

/** max(result + bias[channel] + other[same place], 0) */
const biasAddRelu: Epilogue = {
  key: "bias add relu",
  parameters: { bias: "i32", other: "i32" },
  emit(f, { bias, other }, vectors) {
    for (const { value, offset, channel, lanes } of vectors) {
      const at = (base: Local, place: Value<"i32">) => loadLanes(i32.add(base as Local<"i32">, place), lanes);
      const sum = f32x4.add(f32x4.add(value, at(bias!, channel)), at(other!, offset));
      f.set(value, f32x4.max(sum, f32x4.splat(0)));
    }
  },
};

describe("epilogue", () => {
  test.each([
    ["direct", same(5, 13, 9)],
    ["direct", same(6, 10, 8, 3, 2)],
    ["direct", same(3, 6, 7, 3, 1, 3)],
    ["winograd", same(8, 12, 9)],
    ["winograd", same(16, 40, 6)],
    ["depthwise", same(1, 1, 9, 3, 1, 7)],
    ["depthwise", same(1, 1, 10, 3, 2, 12)],
  ] as const)("%s: places and channels are those of every stored element", (algorithm, shape) => {
    for (const direction of ["forward", "inputGradient"] as const) {
      const batch = 3;
      const [first, second] = operands(direction, shape, batch, 4);
      const length = direction === "forward" ? sizes(shape, batch).y : sizes(shape, batch).x;
      const channels = shape.groups * (direction === "forward" ? shape.filters : shape.channels);
      const bias = data(channels, 21);
      const other = data(length, 22);
      for (const winograd of [{ arrangement: "fused" }, { arrangement: "staged", groupFilters: 8 }] as const) {
        const spec = { direction, shape, batch, variant: { algorithm, winograd } } as const;
        const plain = runConv(spec, first, second);
        const expected = plain.map((value, i) => {
          const sum = Math.fround(Math.fround(value + bias[i % channels]!) + other[i]!);
          return Math.max(sum, 0);
        });
        const actual = runConv({ ...spec, epilogue: biasAddRelu }, first, second, {
          operands: { bias, other },
          order: backwards,
        });
        expect(actual).toEqual(expected);
      }
    }
  });
});
