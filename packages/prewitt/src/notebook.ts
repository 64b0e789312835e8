export * from "@prewitt/notebook";
