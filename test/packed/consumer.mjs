// Run by scripts/pack-install.mjs beside the installed tarballs: every entry of the umbrella package must load.

const entries = ["", "/data", "/notebook", "/models", "/io", "/testing", "/nn", "/reference"];
for (const entry of entries) await import(`prewitt${entry}`);
console.log(`${entries.length} entries loaded`);
