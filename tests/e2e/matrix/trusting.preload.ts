import { registerHooks } from "node:module";

/**
 * A planted bug, to show that the search for clear content finds it: before it encrypts, this bridge asks whether the
 * room is encrypted, and takes every answer but "yes" for "no".
 */
const wanted = "const members = await o.members.of(place, signal);";
const planted = `
    const asked = await o.api.call({ method: "GET", path: "/_matrix/client/v3/rooms/" + encodeURIComponent(place) + "/state/m.room.encryption" }, signal);
    if (asked.kind !== "ok") {
      for (const body of contents)
        await o.api.call({ method: "PUT", path: "/_matrix/client/v3/rooms/" + encodeURIComponent(place) + "/send/m.room.message/" + crypto.randomUUID(), body }, signal);
      return [];
    }
    ${wanted}`;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/adapters/matrix/destination.ts")) return loaded;
    const source = String(loaded.source);
    if (!source.includes(wanted)) throw new Error("the place for the planted bug is gone");
    return { ...loaded, source: source.replace(wanted, planted) };
  },
});
