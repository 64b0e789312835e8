export * from "@prewitt/nn";
