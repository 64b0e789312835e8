/** Rules that rename, drop and transpose state dicts. */

import { PrewittError, tensor } from "@prewitt/core";
import { adaptStateDict, rearrange } from "@prewitt/io";
import { Conv2d, Linear, Sequential } from "@prewitt/nn";
import { describe, expect, it } from "vitest";

const numbered = (shape: readonly number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    { shape },
  );

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PrewittError) return error.message;
    throw error;
  }
  return "nothing was thrown";
}

describe("rearrange", () => {
  it("transposes, joins and splits", async () => {
    const x = numbered([2, 3, 4, 5]);
    expect(await rearrange(x, "HWIO->OIHW").array()).toEqual(await x.transpose([3, 2, 0, 1]).array());
    expect(await rearrange(numbered([2, 3]), "IO -> OI").array()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    // Depthwise: filter m of channel c becomes output c · M + m.
    const depthwise = rearrange(numbered([1, 1, 2, 3]), "HWCM->(CM)1HW");
    expect([depthwise.shape, await depthwise.data()]).toEqual([[6, 1, 1, 1], Float32Array.of(0, 1, 2, 3, 4, 5)]);
    // Dense behind a flattened [H, W, C] = [1, 2, 2]: input c · W + w was w · C + c.
    const dense = rearrange(numbered([4, 1]), "(HWC)O->O(CHW)", { H: 1, W: 2 });
    expect(await dense.array()).toEqual([[0, 2, 1, 3]]);
  });

  it("patterns that cannot be read, and shapes that do not fit", () => {
    const x = numbered([2, 3]);
    expect(message(() => rearrange(x, "IO"))).toContain('it needs one "->"');
    expect(message(() => rearrange(x, "II->I"))).toContain("an axis is named twice");
    expect(message(() => rearrange(x, "IO->IA"))).toContain("both sides must name the same axes");
    expect(message(() => rearrange(x, "I?->?I"))).toContain('"?" is no axis');
    expect(message(() => rearrange(x, "HWIO->OIHW"))).toContain("it has 2 axes, the pattern 4");
    expect(message(() => rearrange(x, "(AB)O->OAB"))).toContain("of A and B at most one size can be inferred");
    expect(message(() => rearrange(x, "(AB)O->OAB", { A: 4 }))).toContain("axis 0 has 2 elements, not a multiple of 4");
    expect(message(() => rearrange(x, "1O->O1"))).toContain("axis 0 has 2 elements");
  });
});

describe("adaptStateDict", () => {
  it("brings a Keras-like dict into a model: the first rule that matches counts", async () => {
    const model = new Sequential(new Conv2d({ in: 3, out: 2, kernel: 1 }), new Linear({ in: 4, out: 1 }));
    const theirs = {
      "net/conv/kernel": numbered([1, 1, 3, 2]),
      "net/conv/bias": numbered([2]),
      "net/top/kernel": numbered([4, 1]),
      "net/top/bias": numbered([1]),
      "adam/step": numbered([]),
    };
    const adapted = adaptStateDict(theirs, [
      { from: "net/top/kernel", to: "1.weight", axes: "IO->OI" },
      { from: /^net\/top\/(.*)$/, to: "1.$1" },
      { from: /^net\/conv\/kernel$/g, to: "0.weight", axes: "HWIO->OIHW" },
      { from: /^net\/conv/, to: "0" },
      { from: /^adam/, to: null },
    ]);
    expect(Object.keys(adapted)).toEqual(["0.weight", "0/bias", "1.weight", "1.bias"]);
    const { "0/bias": bias, ...rest } = adapted;
    expect(message(() => model.loadStateDict(adapted))).toContain("extra: 0/bias; is 0.bias meant?");
    model.loadStateDict({ ...rest, "0.bias": bias as (typeof theirs)["net/conv/bias"] });
    expect(model.stateDict()["0.weight"]?.arraySync()).toEqual([
      [[[0]], [[2]], [[4]]],
      [[[1]], [[3]], [[5]]],
    ]);
  });

  it("rules without a key and keys that collide are listed together", () => {
    const dict = { a: numbered([1]), b: numbered([1]) };
    expect(message(() => adaptStateDict(dict, [{ from: /^[ab]$/, to: "x" }, { from: /z/ }]))).toMatch(
      /the rules do not fit the state dict\n {2}- no key for the rule from \/z\/\n {2}- a and b both become x\n {2}- keys: a, b/,
    );
    expect(message(() => adaptStateDict(dict, [{ from: "a", transpose: true } as never]))).toContain("unknown option");
    expect(message(() => adaptStateDict(dict, [{ from: "a", axes: "IO->OI" }]))).toMatch(
      /does not fit "IO->OI"\n {2}module: a/,
    );
  });
});
