export * from "@prewitt/io";
