export * from "@prewitt/data";
