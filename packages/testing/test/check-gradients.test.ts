import { customGradient, defineOp, derive, scalarNode, type Tensor, tensor } from "@prewitt/core";
import { checkGradients, derivativeAtZero, GradientCheckError, type GradientReport } from "@prewitt/testing";
import { describe, expect, test } from "vitest";
import { cube, cubeWith } from "./own-op.ts";

const x = tensor([
  [0.5, -1.25, 2],
  [1.5, -0.75, 0.25],
]);

function failing(
  fn: (...xs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options = {},
): GradientCheckError {
  try {
    checkGradients(fn, inputs, options);
  } catch (error) {
    if (error instanceof GradientCheckError) return error;
    throw error;
  }
  throw new Error("the check passed");
}

describe("right rules pass", () => {
  test("an op of one's own, along directions and element by element, in both orders", () => {
    expect(checkGradients(cube, [x], { order: 2 }).checked).toBe(3);
    // 6 elements of x, then 6 of x and 6 of the cotangent.
    expect(checkGradients(cube, [x], { order: 2, mode: "full" }).checked).toBe(18);
  });

  test("a rule derived from the expansion", () => {
    const op = cubeWith(derive);
    checkGradients((t) => op.apply([t], {}), [x], { order: 2 });
  });

  test("several inputs and outputs; integers are left alone", () => {
    const index = tensor([[0, 2, 1]], { dtype: "int32" });
    const fn = (a: Tensor, i: Tensor, b: Tensor): Tensor[] => [a.gather(i, 1).mul(b), b.sum(), i];
    const report = checkGradients(fn as never, [x, index, tensor([[2]])], { order: 2 });
    expect(report.checked).toBeGreaterThanOrEqual(6);
  });

  test("functions of very small and very large slope", () => {
    checkGradients((t) => t.mul(1e-7).tanh(), [x]);
    checkGradients((t) => t.mul(30).sin(), [x], { order: 2 });
    checkGradients((t) => t.mul(3).exp(), [x], { order: 2 });
  });

  test("a gradient that is zero", () => {
    checkGradients((t) => t.mul(0).add(3), [x], { mode: "full", order: 2 });
  });

  test("float32 inputs are checked in float64", () => {
    checkGradients(
      (t) => {
        expect(t.dtype).toBe("float64");
        return t.exp();
      },
      [x],
    );
  });
});

describe("wrong rules fail and say how", () => {
  test("a sign", () => {
    const op = cubeWith(({ inputs: [t], dy }) => [dy.mul(t!.square()).mul(-3)]);
    const error = failing((t) => op.apply([t], {}), [x], { names: ["weight"] });
    expect(error.message).toContain("gradient in weight along a random direction");
    expect(error.message).toContain("fix: the sign of the rule is wrong");
    expect(error.at).toContain("check-gradients.test.ts");
  });

  test("a factor", () => {
    const op = cubeWith(({ inputs: [t], dy }) => [dy.mul(t!.square()).mul(2)]);
    const error = failing((t) => op.apply([t], {}), [x], { mode: "full" });
    expect(error.fix).toBe("the rule is off by a factor of 0.666667");
    expect(error.report.failures).toHaveLength(6);
  });

  test("one wrong element is named, worst first", () => {
    const bump = tensor([
      [0, 0, 0],
      [0, 0, 1e-3],
    ]); // prettier-ignore
    const op = cubeWith(({ inputs: [t], dy }) => [dy.mul(t!.square().mul(3).add(bump.cast("float64")))]);
    const error = failing((t) => op.apply([t], {}), [x], { mode: "full" });
    expect(error.report.failures).toHaveLength(1);
    expect(error.report.worst?.index).toEqual([1, 2]);
    expect(error.problems[0]).toMatch(
      /^gradient in x\[1, 2\]: analytic -?0\.\d+, numeric -?0\.\d+, relative error 5\.3e-3$/,
    );
  });

  test("a gradient that does not arrive", () => {
    const op = cubeWith(() => [null]);
    expect(failing((t) => op.apply([t], {}), [x]).fix).toContain("returns null or zeros");
  });

  test("only the second order is wrong", () => {
    // ∇ is right, but its own derivative treats x² as a constant.
    const op = cubeWith(({ inputs: [t], dy }) => [dy.mul(t!.square().stopGradient()).mul(3)]);
    const fn = (t: Tensor): Tensor => op.apply([t], {});
    expect(checkGradients(fn, [x]).ok).toBe(true);
    const error = failing(fn, [x], { order: 2 });
    expect(error.message).toContain("second-order gradient in x");
    expect(error.report.failures.every((f) => f.order === 2 && f.input === "x")).toBe(true);
  });

  test("a rule that is not linear in the cotangent", () => {
    const square = customGradient(
      (t) => t.mul(1),
      ({ dy }) => [dy.mul(dy)],
    );
    expect(failing(square as (t: Tensor) => Tensor, [x]).message).toContain("not linear in the cotangent");
  });

  test("a kink is told apart from a wrong rule", () => {
    const error = failing((t) => t.maximum(0), [tensor([0, 1])], { mode: "full" });
    expect(error.report.failures.map((f) => f.index)).toEqual([[0]]);
    expect(error.problems[0]).toContain("(not smooth here)");
    expect(error.fix).toBe("move the inputs away from kinks and jumps");
  });

  test("nothing to compare is no success", () => {
    const report: GradientReport = checkGradients((t) => t.add(1), [tensor([1], { dtype: "int32" })], {
      throws: false,
    });
    expect(report.ok).toBe(false);
    expect(report.toString()).toContain("no float input");
  });

  test("NaN is no success", () => {
    const op = defineOp<Record<never, never>>({
      name: "poison",
      infer: ({ inputs }) => inputs[0]!,
      vjp: ({ dy }) => [dy.mul(scalarNode(Number.NaN, dy.dtype))],
      expand: ([t]) => t!.mul(1),
    });
    expect(failing((t) => op.apply([t], {}), [x]).report.ok).toBe(false);
  });
});

describe("numerical derivatives", () => {
  test.each([
    ["exp", (t: number) => Math.exp(3 * t), 3],
    ["a steep sine", (t: number) => Math.sin(200 * t), 200],
    ["a polynomial", (t: number) => 7 * t + 5 * t ** 2 - t ** 9, 7],
    ["a constant", () => 4, 0],
  ])("%s", (_, f, slope) => {
    const { value, error } = derivativeAtZero(f);
    expect(Math.abs(value - slope)).toBeLessThanOrEqual(1e-9 * Math.max(1, slope));
    expect(error).toBeLessThanOrEqual(1e-6 * Math.max(1, slope));
  });

  test("a kink away from the point is found around", () => {
    const { value } = derivativeAtZero((t) => Math.max(t - 1e-3, 0) + 2 * t);
    expect(value).toBeCloseTo(2, 9);
  });

  test("a kink at the point shows in the error", () => {
    expect(derivativeAtZero((t) => Math.cbrt(t)).error).toBeGreaterThan(1e-2);
  });
});
