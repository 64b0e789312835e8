// The definitions as plain loops over nested indices, for comparison: slow and obvious, sharing nothing with the library.

export type Four = readonly [number, number, number, number];

export interface LoopOptions {
  readonly stride: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly dilation: readonly [number, number];
}

export function at([, c, h, w]: Four, n: number, k: number, i: number, j: number): number {
  return ((n * c + k) * h + i) * w + j;
}

/** Visits every product that a convolution takes: y[yi] += w[wi] · x[xi]. */
export function eachProduct(
  x: Four,
  weight: Four,
  y: Four,
  options: LoopOptions & { readonly groups: number },
  visit: (yi: number, wi: number, xi: number) => void,
): void {
  const { stride, padding, dilation, groups } = options;
  const [batch, outputs, height, width] = y;
  const [, channels, kh, kw] = weight;
  const filters = outputs / groups;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor(o / filters) * channels;
      for (let p = 0; p < height; p++) {
        for (let q = 0; q < width; q++) {
          for (let c = 0; c < channels; c++) {
            for (let k = 0; k < kh; k++) {
              for (let l = 0; l < kw; l++) {
                const i = p * stride[0] - padding[0][0] + k * dilation[0];
                const j = q * stride[1] - padding[1][0] + l * dilation[1];
                if (i < 0 || i >= x[2] || j < 0 || j >= x[3]) continue;
                visit(at(y, n, o, p, q), at(weight, o, c, k, l), at(x, n, first + c, i, j));
              }
            }
          }
        }
      }
    }
  }
}

/** The cells of each window that lie inside the input, and how many lie inside input and padding. */
export function eachWindow(
  x: Four,
  y: Four,
  options: LoopOptions & { readonly kernel: readonly [number, number] },
  visit: (yi: number, cells: readonly number[], plane: readonly number[], padded: number) => void,
): void {
  const { stride, padding, dilation, kernel } = options;
  const [batch, channels, height, width] = y;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < height; p++) {
        for (let q = 0; q < width; q++) {
          const cells: number[] = [];
          const plane: number[] = [];
          let padded = 0;
          for (let k = 0; k < kernel[0]; k++) {
            for (let l = 0; l < kernel[1]; l++) {
              const i = p * stride[0] - padding[0][0] + k * dilation[0];
              const j = q * stride[1] - padding[1][0] + l * dilation[1];
              if (i < x[2] + padding[0][1] && j < x[3] + padding[1][1]) padded++;
              if (i < 0 || i >= x[2] || j < 0 || j >= x[3]) continue;
              cells.push(at(x, n, c, i, j));
              plane.push(i * x[3] + j);
            }
          }
          visit(at(y, n, c, p, q), cells, plane, padded);
        }
      }
    }
  }
}
