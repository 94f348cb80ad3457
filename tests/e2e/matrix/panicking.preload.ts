import { registerHooks } from "node:module";

/** An engine that panics when it is to encrypt, as the wasm does: with a trap of WebAssembly. */
const wanted = "machine.encryptRoomEvent(";

Object.assign(globalThis, {
  panics: () => Promise.reject(new WebAssembly.RuntimeError("unreachable")),
});
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/adapters/matrix/engine/open.ts")) return loaded;
    const source = String(loaded.source);
    if (!source.includes(wanted)) throw new Error("the place for the panic is gone");
    return { ...loaded, source: source.replace(wanted, "globalThis.panics(") };
  },
});
