import path from "node:path";
import { isLoopback, type Listen, readListen } from "./addresses.ts";
import { telegramChecks } from "./cross-telegram.ts";
import { readSize } from "./human.ts";
import type { Loose } from "./loose.ts";
import { nearest } from "./nearest.ts";
import { error, type Told, warning } from "./told.ts";

/** The most that one file of a sealed room may hold, in bytes (PSR1, "file"). */
export const sealedFileLimit = 98_566_144;

/** Whether `file` is `folder` or lies in it; both absolute. Links are resolved where the file is opened. */
function inside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === "" || !(relative.split(path.sep)[0] === ".." || path.isAbsolute(relative));
}

function* names(file: Loose): Iterable<Told> {
  const sources = Object.keys(file.sources);
  const rooms = Object.keys(file.rooms);
  const seen = new Set<string>();
  for (const [index, mapping] of file.mappings.entries()) {
    const at = ["mappings", index];
    const name = mapping.name ?? `mapping-${index + 1}`;
    if (seen.has(name)) yield error([...at, "name"], { code: "name_twice", found: name });
    seen.add(name);
    if (mapping.source !== undefined && !sources.includes(mapping.source))
      yield error([...at, "source"], {
        code: "unknown_source",
        found: mapping.source,
        nearest: nearest(mapping.source, sources),
      });
    const type = file.sources[mapping.source ?? ""]?.type;
    if (type === "max-bot" && mapping.channel !== undefined && !/^-?\d{1,19}$/.test(mapping.channel))
      yield error([...at, "channel"], { code: "channel_not_number", found: mapping.channel.slice(0, 60) });
    for (const [place, room] of mapping.rooms.entries())
      if (typeof room === "string" && !rooms.includes(room))
        yield error([...at, "rooms", place], {
          code: "unknown_room",
          found: room,
          nearest: nearest(room, rooms),
        });
  }
}

/** Which account serves which room. */
function* accounts(file: Loose): Iterable<Told> {
  const known = Object.keys(file.matrix);
  const named = new Set<string>();
  for (const [name, room] of Object.entries(file.rooms)) {
    if (room.type !== "matrix" || room.account === undefined) continue;
    named.add(room.account);
    if (!known.includes(room.account))
      yield error(["rooms", name, "account"], {
        code: "unknown_account",
        found: room.account,
        nearest: nearest(room.account, known),
      });
  }
  for (const name of known)
    if (!named.has(name)) yield warning(["matrix", name], { code: "unused_account", name });
}

function* unused(file: Loose): Iterable<Told> {
  if (file.mappings.length === 0) {
    yield warning(["mappings"], { code: "nothing_mapped" });
    return;
  }
  for (const name of Object.keys(file.rooms))
    if (!file.mappings.some((mapping) => mapping.rooms.includes(name)))
      yield warning(["rooms", name], { code: "unused_room", name });
  for (const name of Object.keys(file.sources))
    if (!file.mappings.some((mapping) => mapping.source === name))
      yield warning(["sources", name], { code: "unused_source", name });
}

/** Rules that need what the room does not have. A rule that was not written is the default, and told all the same. */
function* rules(file: Loose): Iterable<Told> {
  for (const [index, mapping] of file.mappings.entries()) {
    const at = ["mappings", index];
    const edits = mapping.edits ?? "announce";
    const size = mapping.largest_file === undefined ? null : readSize(mapping.largest_file);
    for (const room of mapping.rooms) {
      if (typeof room !== "string" || file.rooms[room] === undefined) continue;
      if (file.rooms[room].history === 0 && (edits === "annotate" || edits === "announce"))
        yield warning([...at, "edits"], { code: "no_history_edits", room, rule: edits });
      if (file.rooms[room].history === 0 && mapping.removals === "strike")
        yield warning([...at, "removals"], { code: "no_history_removals", room, rule: "strike" });
      if (size !== null && size > sealedFileLimit && file.rooms[room].type === "sealed")
        yield warning([...at, "largest_file"], { code: "above_sealed", room });
    }
  }
}

function* folders(file: Loose, base: string, keyInDataAllowed: boolean): Iterable<Told> {
  const data = path.resolve(base, file.data ?? "data");
  const feed =
    file.feed.folder === undefined ? path.join(data, "feed") : path.resolve(base, file.feed.folder);
  if (inside(data, feed)) yield error(["feed", "folder"], { code: "data_in_feed" });
  if (file.witness !== undefined)
    for (const folder of [data, feed])
      if (inside(path.resolve(base, file.witness), folder)) {
        yield error(["witness"], { code: "witness_in_folder", folder });
        break;
      }
  if (file.vault.key_file === undefined) return;
  const key = path.resolve(base, file.vault.key_file);
  if (inside(key, feed)) yield error(["vault", "key_file"], { code: "key_in_folder", folder: feed });
  else if (inside(key, data) && !keyInDataAllowed)
    yield error(["vault", "key_file"], { code: "key_in_folder", folder: data });
}

/** Where the feed listens unless the file says otherwise. */
const feedListen = "127.0.0.1:8080";

/** Whether two cannot listen at these places at the same time, as far as their names tell. */
const samePlace = (a: NonNullable<Listen>, b: NonNullable<Listen>): boolean =>
  a.port === b.port &&
  a.port !== 0 &&
  (a.host === b.host || [a.host, b.host].some((host) => ["0.0.0.0", "::", "localhost"].includes(host)));

function* monitor(file: Loose): Iterable<Told> {
  const { listen, allow_remote: allowed } = file.monitor;
  const place = listen === undefined ? null : readListen(listen);
  if (place == null) return;
  if (allowed !== true && !isLoopback(place.host))
    yield error(["monitor", "listen"], { code: "monitor_not_local" });
  const feed = readListen(file.feed.listen ?? feedListen);
  if (feed != null && samePlace(place, feed)) yield error(["monitor", "listen"], { code: "monitor_on_feed" });
}

/** What no single key shows: names that lead nowhere, rules and folders that do not go together. */
export function crossChecks(file: Loose, base: string, keyInDataAllowed: boolean): readonly Told[] {
  return [
    ...names(file),
    ...accounts(file),
    ...telegramChecks(file),
    ...unused(file),
    ...rules(file),
    ...folders(file, base, keyInDataAllowed),
    ...monitor(file),
  ];
}
