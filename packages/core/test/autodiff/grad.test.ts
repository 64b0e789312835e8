import {
  compile,
  DTypeError,
  defineOp,
  GradientError,
  grad,
  ShapeError,
  scalarNode,
  session,
  type Tensor,
  type TensorSpec,
  tensor,
  Variable,
  valueAndGrad,
  withScope,
} from "@prewitt/core";
import { describe, expect, test } from "vitest";

const read = (t: Tensor): number[] => [...t.dataSync()];
const x = tensor([1, 2, 3]);

describe("trees", () => {
  test("the gradients have the keys of the xs", () => {
    const [a, b, c] = [tensor([1, 2]), tensor([3, 4]), new Variable(tensor([5, 6]))];
    const loss = a.mul(b).mul(c.read()).sum();
    expect(read(grad(loss, a))).toEqual([15, 24]);
    expect(read(grad(loss, c))).toEqual([3, 8]);
    const [ga, gb] = grad(loss, [a, b]);
    expect([read(ga!), read(gb!)]).toEqual([
      [15, 24],
      [5, 12],
    ]); // prettier-ignore
    const record = grad(loss, { "head.weight": c, deep: { list: [a, { b }] as const } });
    expect(Object.keys(record)).toEqual(["head.weight", "deep"]);
    expect(read(record["head.weight"])).toEqual([3, 8]);
    expect(read(record.deep.list[1].b)).toEqual([5, 12]);
    expect(grad(loss, {})).toEqual({});
  });

  test("anything else in the tree is an error that names the place", () => {
    expect(() => grad(x.sum(), { a: x, b: 3 } as never)).toThrow('xs at "b" is 3');
    expect(() => grad(x.sum(), { a: { b: new Map() } } as never)).toThrow('xs at "a.b" is an object of class Map');
  });
});

describe("any node", () => {
  test("intermediates, the scalar itself, and nodes that were evaluated already", () => {
    const inner = x.mul(2);
    const y = inner.square().sum();
    expect(read(grad(y, inner))).toEqual([4, 8, 12]);
    expect(read(grad(y, y))).toEqual([1]);
    inner.dataSync();
    expect(read(grad(y, x))).toEqual([8, 16, 24]);
    expect(read(grad(y, [x, inner])[0]!)).toEqual([8, 16, 24]);
  });

  test("detach cuts, an evaluated node does not", () => {
    const a = x.mul(2);
    const cut = a.detach();
    expect(read(grad(cut.mul(a).sum(), x))).toEqual([4, 8, 12]);
    expect(() => grad(cut.sum(), x)).toThrow(GradientError);
  });

  test("the same tensor twice in one op, and a diamond", () => {
    expect(read(grad(x.mul(x).sum(), x))).toEqual([2, 4, 6]);
    const a = x.add(1);
    expect(read(grad(a.mul(2).add(a.mul(3)).mul(a).sum(), x))).toEqual([20, 30, 40]);
  });

  test("broadcast operands get the sum over what they were stretched to", () => {
    const row = tensor([[1, 2, 3]]);
    const column = tensor([[10], [20]]);
    const scalar = tensor(2);
    const y = row.mul(column).mul(scalar).sum();
    const [gr, gc, gs] = grad(y, [row, column, scalar]) as [Tensor, Tensor, Tensor];
    expect([gr.shape, gc.shape, gs.shape]).toEqual([[1, 3], [2, 1], []]); // prettier-ignore
    expect([read(gr), read(gc), read(gs)]).toEqual([[60, 60, 60], [12, 12], [180]]); // prettier-ignore
  });

  test("calling it twice gives the same, and nothing is accumulated", () => {
    const y = x.square().sum();
    expect(read(grad(y, x))).toEqual(read(grad(y, x)));
  });

  test("gradients of gradients", () => {
    let y = x.pow(4).sum();
    const derivatives: number[][] = [];
    for (let order = 1; order <= 5; order++) {
      const g = grad(y, x, { unused: "zeros" });
      derivatives.push(read(g));
      y = g.sum();
    }
    expect(derivatives).toEqual([
      [4, 32, 108],
      [12, 48, 108],
      [24, 48, 72],
      [24, 24, 24],
      [0, 0, 0],
    ]); // prettier-ignore
  });

  test("valueAndGrad", () => {
    const lossOf = (p: { w: Tensor }, a: Tensor): Tensor => p.w.mul(a).square().sum();
    const [value, gradient] = valueAndGrad(lossOf)({ w: new Variable(x) }, tensor([1, 0, 2]));
    expect(value.itemSync()).toBe(37);
    expect(read(gradient.w)).toEqual([2, 0, 24]);
  });

  test("dtypes stay: float64 in, float64 out", () => {
    const g = grad(x.cast("float64").square().sum(), x);
    expect(g.dtype).toBe("float32");
    const wide = x.cast("float64");
    expect(grad(wide.square().mean(), wide).dtype).toBe("float64");
  });
});

describe("errors", () => {
  test("y must be a float scalar", () => {
    expect(() => grad(x, x)).toThrow(
      /^\[grad\] y must be a scalar\n {2}y: float32 \[3\]\n {2}fix: take y\.sum\(\) or y\.mean\(\), or vjp with a cotangent of shape \[3\]\n {2}at .*grad\.test\.ts:\d+:\d+$/,
    );
    expect(() => grad(tensor(1, { dtype: "int32" }), x)).toThrow("[grad] y is int32, not a float");
  });

  test("xs that y does not reach are all listed", () => {
    const [a, b, c] = [
      tensor([1, 2]),
      new Variable(tensor([[1]]), { name: "head.bias" }),
      tensor([1], { dtype: "int32" }),
    ];
    expect(() => grad(x.sum(), { a, x, deep: [b], c })).toThrow(
      /^\[grad\] y does not reach 3 of 4 xs\n {2}- "a" \[2\]: y does not depend on it\n {2}- "deep\.0" \[1, 1\]: y does not depend on it\n {2}- "c" is int32: only floats have gradients\n {2}fix: use them in the loss, leave them out \(freeze them\), or pass \{ unused: "zeros" \}\n {2}at .*grad\.test\.ts/,
    );
    expect(() => grad(x.sum(), b)).toThrow('- variable "head.bias" [1, 1]: y does not depend on it');
    const zeros = grad(x.sum(), { a, b }, { unused: "zeros" });
    expect([read(zeros.a), read(zeros.b), zeros.b.shape]).toEqual([[0, 0], [0], [1, 1]]); // prettier-ignore
  });

  test("ops that stop the gradient say why, and where they are", () => {
    const y = x.greater(1).cast("float32").mul(x.stopGradient()).sum();
    expect(() => grad(y, x)).toThrow(
      /\n {2}- \[stopGradient\] at .*grad\.test\.ts:\d+:\d+ stops the gradient: stopGradient cuts it on purpose\n/,
    );
    expect(() => grad(y, x)).toThrow(/\n {2}- \[greater\] at .*grad\.test\.ts:\d+:\d+ stops the gradient: .+\n/);
  });

  test("an older version of a variable is named as such", () => {
    const v = new Variable(tensor([1, 2]), { name: "w" });
    const y = v.read().square().sum();
    v.assign(v.read().mul(2).detach());
    expect(() => grad(y, v)).toThrow('- variable "w": y reads an older version of it, made before it was assigned');
    // Inside compile too.
    const f = compile(() => {
      const loss = v.read().sum();
      v.assign(v.read().mul(2));
      return grad(loss, v);
    });
    expect(() => f()).toThrow("y reads an older version of it");
  });

  test("a gradient through an assignment that is not settled reaches what it was computed from", () => {
    const w = new Variable(tensor([2]));
    const before = w.read();
    w.assign(before.mul(3));
    expect(read(grad(w.read().square().sum(), before))).toEqual([36]);
  });
});

describe("rules that are wrong", () => {
  const wrong = (returned: (dy: Tensor) => unknown) => {
    const op = defineOp<Record<never, never>>({
      name: "twice",
      inputNames: ["x"],
      infer: ({ inputs }) => inputs[0] as TensorSpec,
      vjp: ({ dy }) => returned(dy) as never,
      expand: ([a]) => a!.mul(2),
    });
    return () => grad(withScope("net.stem", () => op.apply([x], {})).sum(), x);
  };

  test.each<[string, (dy: Tensor) => unknown, string]>([
    ["no list", () => undefined, "returned no list of entries for 1 inputs"],
    ["too many", (dy) => [dy, dy], "returned 2 entries for 1 inputs"],
    ["a number", () => [3], "entry 0 (x) is not a tensor"],
    ["another dtype", (dy) => [dy.cast("float64")], "the gradient of x is float64, the input float32"],
    ["another shape", (dy) => [dy.reshape([3, 1])], "the gradient of x has shape [3, 1], the input [3]"],
  ])("%s", (_, returned, problem) => {
    const run = wrong(returned);
    expect(run).toThrow(GradientError);
    expect(run).toThrow(
      `[gradient of twice] the gradient rule is wrong\n  module: net.stem\n  x: float32 [3]\n  - ${problem}\n`,
    );
    expect(run).toThrow(/\n {2}at .*grad\.test\.ts:\d+:\d+$/);
  });

  test("errors inside a rule keep their class and name the op whose gradient it was", () => {
    expect(wrong((dy) => [dy.add(tensor([1, 2]))])).toThrow(ShapeError);
    expect(wrong((dy) => [dy.add(scalarNode(1, "int32"))])).toThrow(DTypeError);
    expect(session.origin).toBeUndefined();
  });

  test("a scalar is stretched to the input", () => {
    expect(read(wrong((dy) => [dy.sum()])())).toEqual([3, 3, 3]);
  });
});

// Deep, not fast: a busy machine may take its time.
describe("long chains", { timeout: 240_000 }, () => {
  const chain = (n: number): Tensor => {
    let y: Tensor = x;
    for (let i = 0; i < n; i++) y = y.sin();
    return y.sum();
  };

  test("100,000 nodes are differentiated in linear work, without overflowing the stack", () => {
    const made = [25_000, 100_000].map((n) => {
      const y = chain(n);
      const before = session.nextNode;
      grad(y, x);
      return session.nextNode - before;
    });
    expect(made[0]).toBeLessThan(25_000 * 4);
    expect(made[1]! / made[0]!).toBeCloseTo(4, 2);
  });

  test("100,000 nodes are evaluated", () => {
    let y: Tensor = x;
    for (let i = 0; i < 100_000; i++) y = y.add(1);
    expect(read(y)).toEqual([100_001, 100_002, 100_003]);
    expect(read(grad(y.sum(), x))).toEqual([1, 1, 1]);
  });

  test("a deep gradient is evaluated", () => {
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = y.mul(i % 2 === 0 ? 4 : 0.25);
    expect(read(grad(y.sum(), x))).toEqual([1, 1, 1]);
  });
});
