import {
  customGradient,
  GradientError,
  grad,
  hvp,
  jacobian,
  jvp,
  ShapeError,
  sort,
  type Tensor,
  tensor,
  Variable,
  vjp,
} from "@prewitt/core";
import { checkGradients } from "@prewitt/testing";
import { describe, expect, test } from "vitest";

const read = (t: Tensor): number[] => [...t.dataSync()];
const x = tensor([1, 2, 3], { dtype: "float64" });

describe("vjp", () => {
  test("pulls a cotangent back through a function of a tree, to a tree", () => {
    const w = new Variable(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const b = tensor([[10, 20]]);
    const a = tensor([[1, -1]]);
    const [y, pull] = vjp((p) => a.matmul(p.w).add(p.b), { w, b });
    expect(read(y)).toEqual([8, 18]);
    const g = pull(tensor([[2, 3]]));
    expect([read(g.w), read(g.b)]).toEqual([
      [2, 3, -2, -3],
      [2, 3],
    ]);
    expect(read(pull(tensor([[0, 1]])).b)).toEqual([0, 1]);
  });

  test("of several outputs takes a cotangent for each; what is not reached gets zeros", () => {
    const [ys, pull] = vjp((p) => [p.a.mul(2), p.a.sum()], { a: x, unused: x });
    expect(ys.map(read)).toEqual([[2, 4, 6], [6]]);
    const g = pull([x, tensor(10, { dtype: "float64" })]);
    expect([read(g.a), read(g.unused)]).toEqual([
      [12, 14, 16],
      [0, 0, 0],
    ]);
  });

  test("cotangents must fit", () => {
    const [, pull] = vjp((a) => a.mul(2), x);
    expect(() => pull(tensor([1, 2], { dtype: "float64" }))).toThrow(ShapeError);
    expect(() => pull(tensor([1, 2, 3]))).toThrow(
      "[vjp] the cotangents do not fit\n  - cotangent 0 is float32, not float64",
    );
  });
});

describe("jvp", () => {
  test("value and directional derivative", () => {
    const v = tensor([1, 0, -1], { dtype: "float64" });
    const [y, dy] = jvp((a) => a.square().mul(a), x, v);
    expect([read(y), read(dy)]).toEqual([
      [1, 8, 27],
      [3, 0, -27],
    ]);
    const [, total] = jvp((a) => a.mul(a.sum()), x, v);
    // d(x Σx) = v Σx + x Σv
    expect(read(total)).toEqual([6, 0, -6]);
  });

  test("of trees, through branching, indexing, reductions and sorting", () => {
    const [ys, dys] = jvp(
      (p) => ({ sorted: sort(p.a.neg()).values, max: p.a.max(), mixed: p.a.greater(1).where(p.b, p.a) }),
      { a: x, b: x.mul(10) },
      { a: tensor([1, 2, 4], { dtype: "float64" }), b: tensor([8, 16, 32], { dtype: "float64" }) },
    );
    expect(read(ys.mixed)).toEqual([1, 20, 30]);
    expect([read(dys.sorted), read(dys.max), read(dys.mixed)]).toEqual([[-4, -2, -1], [4], [1, 16, 32]]);
  });

  test("arguments are independent, though one be computed from another, or be the same tensor", () => {
    const one = tensor(1, { dtype: "float64" });
    const a = tensor(3, { dtype: "float64" });
    const [, dy] = jvp((p) => p[0]!.mul(p[1]!), [a, a.square()], [one, one.mul(0)]);
    expect(read(dy)).toEqual([9]);
    const [, pull] = vjp((p) => p[0]!.mul(p[0]!).add(p[1]!), [a, a]);
    expect(pull(one).map(read)).toEqual([[6], [1]]);
  });

  test("variables that the function reads itself count", () => {
    const w = new Variable(tensor([2, 3]));
    const loss = (): Tensor => w.read().pow(3).sum();
    expect(read(hvp(loss, { w }, { w: tensor([1, 10]) }).w)).toEqual([12, 180]);
    expect(read(jvp(loss, w, tensor([1, 1]))[1])).toEqual([39]);
  });

  test("of the identity, of a constant, and of the input of a variable", () => {
    const v = tensor([5, 6, 7], { dtype: "float64" });
    expect(read(jvp((a) => a, x, v)[1])).toEqual([5, 6, 7]);
    expect(read(jvp(() => x.mul(2), x, v)[1])).toEqual([0, 0, 0]);
    expect(read(jvp((a) => a.mul(2), new Variable(x), v)[1])).toEqual([10, 12, 14]);
  });

  test("can be differentiated", () => {
    checkGradients((a, v) => jvp((t) => t.sin().mul(t), a, v)[1], [x, tensor([0.5, -1, 2])], { order: 2 });
  });

  test.each<[string, (dy: Tensor) => Tensor]>([
    ["squares it", (dy) => dy.square()],
    ["takes its size", (dy) => dy.abs()],
    ["clips it", (dy) => dy.clamp(-1, 1)],
    ["only looks at its sign", (dy) => dy.greater(0).cast(dy.dtype)],
  ])("a rule that %s makes it throw", (_, rule) => {
    const f = customGradient(
      (a: Tensor) => a.mul(1),
      ({ dy }) => [rule(dy)],
    );
    expect(() => jvp((a) => f(a).mul(3), x, x)).toThrow(GradientError);
    expect(() => jvp((a) => f(a).mul(3), x, x)).toThrow(
      "[jvp] a gradient rule on the way is not linear in its cotangent\n  fix: make the customGradient linear in dy, or differentiate with grad",
    );
    expect(read(grad(f(x).sum(), x))).toHaveLength(3);
  });

  test("a rule that is linear does not", () => {
    const f = customGradient(
      (a: Tensor) => a.round(),
      ({ dy, inputs: [a] }) => [dy.mul(a).mul(2)],
    );
    expect(read(jvp((a) => f(a), x, x)[1])).toEqual([2, 8, 18]);
  });
});

describe("hvp and jacobian", () => {
  test("Hessian times a vector", () => {
    // f = Σ x³ + x₀ x₁: H = diag(6x) + off-diagonal ones.
    const f = (a: Tensor): Tensor =>
      a
        .pow(3)
        .sum()
        .add(a.slice(0).mul(a.slice(1)));
    expect(read(hvp(f, x, tensor([1, 0, 2], { dtype: "float64" })))).toEqual([6, 1, 36]);
    const g = hvp((p) => p.a.mul(p.b).sum(), { a: x, b: x }, { a: x, b: x.mul(10) });
    expect([read(g.a), read(g.b)]).toEqual([
      [10, 20, 30],
      [1, 2, 3],
    ]);
    expect(read(hvp((a) => a.sum(), x, x))).toEqual([0, 0, 0]);
  });

  test("jacobian: shape [...y, ...x]", () => {
    const w = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype: "float64" },
    );
    const j = jacobian((a) => w.matmul(a.reshape([3, 1])).reshape([2]), x);
    expect([j.shape, read(j)]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(jacobian((a) => a.sum(), x).shape).toEqual([3]);
    const diagonal = jacobian((a) => a.square().reshape([3, 1]), new Variable(x));
    expect([diagonal.shape, read(diagonal)]).toEqual([
      [3, 1, 3],
      [2, 0, 0, 0, 4, 0, 0, 0, 6],
    ]);
  });

  test("softmax: Jacobian diag(p) − p pᵀ, and its derivatives", () => {
    const softmax = (a: Tensor): Tensor => a.sub(a.max()).exp().div(a.sub(a.max()).exp().sum());
    const p = read(softmax(x));
    const j = read(jacobian(softmax, x));
    p.forEach((pi, i) => {
      p.forEach((pk, k) => {
        expect(j[i * 3 + k]).toBeCloseTo((i === k ? pi : 0) - pi * pk, 14);
      });
    });
    checkGradients((a) => jacobian(softmax, a), [x], { order: 2 });
  });
});

describe("customGradient", () => {
  test("value of the function, gradient of the rule", () => {
    const through = customGradient(
      (a: Tensor, scale: Tensor) => a.mul(scale).round(),
      ({ dy, inputs: [a, scale], output }) => [dy.mul(scale), dy.mul(output).sum().add(a.sum().mul(0))],
    );
    const [a, scale] = [tensor([0.4, 1.6]), tensor(2)];
    const y = through(a, scale);
    expect(read(y)).toEqual([1, 3]);
    const [ga, gs] = grad(y.mul(tensor([1, 10])).sum(), [a, scale]) as [Tensor, Tensor];
    expect([read(ga), read(gs)]).toEqual([[2, 20], [31]]);
  });

  test("nothing flows through the way the value was computed, nor to what it captures", () => {
    const captured = tensor([3, 4]);
    const f = customGradient(
      (a: Tensor) => a.mul(captured),
      () => [null],
    );
    const a = tensor([1, 2]);
    expect(() => grad(f(a).sum(), a)).toThrow("y does not depend on it");
    expect(() => grad(f(a).sum(), captured)).toThrow("y does not depend on it");
  });

  test("its rule is differentiated for the second order", () => {
    const cube = customGradient(
      (a: Tensor) => a.mul(a).mul(a),
      ({ dy, inputs: [a] }) => [dy.mul(a.square()).mul(3)],
    );
    checkGradients((a) => cube(a), [x], { order: 2, mode: "full" });
  });

  test("the function must return one tensor", () => {
    expect(() => customGradient((() => 3) as never, () => [])()).toThrow(
      "[customGradient] forward must return one tensor",
    );
  });
});
