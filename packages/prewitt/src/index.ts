/**
 * prewitt: a dataflow graph with automatic differentiation, made for convolutional networks.
 */

export * from "./api.ts";
