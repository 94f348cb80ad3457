// What npm's scripts start: one process, so that a signal meant for Postern reaches it. The check comes first.
import "./preflight.mjs";

await import("./main.ts");
