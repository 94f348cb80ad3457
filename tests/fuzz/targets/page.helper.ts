import { createApp } from "../../../adapters/web/reader/room/app.ts";
import { memoryStorage } from "../../../adapters/web/reader/room/storage.ts";
import { ready } from "../../../bridge/seal/sodium.ts";
import { idOf, NOW, RoomWriter } from "../../reader/room/writer.helper.ts";
import { mutateBytes, mutateText } from "../bytes.helper.ts";
import { Dice } from "../dice.helper.ts";
import { isGroup } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";
import { drawn, week } from "./room.helper.ts";

const lib = await ready();
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A room as its bridge publishes it, by path. */
function tree(): { readonly w: RoomWriter; readonly files: ReadonlyMap<string, Uint8Array> } {
  const w = new RoomWriter(1);
  const chain = w.begin(1, 0);
  for (let n = 0; n < 3; n++)
    for (const payload of week)
      if (isGroup(payload)) chain.add(payload.id === undefined ? payload : { ...payload, id: idOf(n) });
  const files = new Map<string, Uint8Array>([
    ["cert", new Uint8Array(Buffer.concat(w.certs))],
    ["head", chain.head()],
  ]);
  for (let n = 0; n * 16 < chain.records.length; n++)
    files.set(`s/1.0/${n}`, new Uint8Array(Buffer.concat(chain.records.slice(n * 16, n * 16 + 16))));
  return { w, files };
}
const { w, files } = tree();
const bundle = new Uint8Array(Buffer.concat([...w.certs, ...(w.chains[0]?.records.slice(0, 4) ?? [])]));

/** A head that is signed rightly and tells of things that are not there. */
function forged(dice: Dice): Uint8Array {
  const edges = [
    0n,
    1n,
    15n,
    49n,
    50_000n,
    2n ** 31n,
    2n ** 48n - 1n,
    2n ** 53n + 2n,
    2n ** 64n - 1n,
  ] as const;
  const head = w.chains[0]?.head({ made: NOW - dice.pick([0, 60, 90_000]) }) ?? new Uint8Array(143);
  const view = new DataView(head.buffer, head.byteOffset);
  view.setBigUint64(23, dice.pick(edges));
  view.setBigUint64(63, dice.pick(edges));
  head[31] = dice.below(256);
  const signed = Buffer.concat([Buffer.from("PSR1/head"), head.subarray(0, 79)]);
  head.set(lib.crypto_sign_detached(signed, w.online(1).privateKey), 79);
  return head;
}

/**
 * The page's logic with a hostile host, hostile files dropped on it and hostile links pasted. The input is a seed:
 * everything that a page is given follows from it.
 */
export const page = (): Target => ({
  input: (dice) => new Uint8Array(Buffer.from(String(dice.below(2 ** 31)))),
  async run(bytes) {
    const dice = new Dice(Number(Buffer.from(bytes).toString()) || 0, 0);
    const over = new AbortController();
    const hostile = dice.below(4);
    /** Pauses end only with the page; the short one between two notices at once. */
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
      ms <= 120
        ? turn()
        : new Promise((resolve) => {
            for (const s of [over.signal, signal])
              s?.addEventListener("abort", () => resolve(), { once: true });
          });
    const host = async (url: string): Promise<Response> => {
      await turn();
      const name = new URL(url).pathname.replace(`/${w.id}/`, "");
      const honest = files.get(name);
      if (dice.below(4) < hostile) {
        if (dice.once(4)) return new Response(null, { status: dice.pick([204, 206, 404, 416, 429, 500]) });
        const sent =
          name === "head" && dice.once(2)
            ? forged(dice)
            : mutateBytes(dice, honest ?? dice.pick([...files.values()]));
        return new Response(sent.slice(), { status: dice.pick([200, 200, 206]) });
      }
      return honest === undefined ? new Response(null, { status: 404 }) : new Response(honest.slice());
    };
    const link = dice.once(3) ? mutateText(dice, w.link()) : w.link();
    const store = await createApp({
      fetch: (url) => host(url),
      sleep,
      storage: memoryStorage(),
      now: () => NOW * 1000,
      breathe: turn,
      fragment: link.slice(link.indexOf("#") + 1),
      clearFragment() {},
      onFragment() {},
      page: "https://reader.example",
      inApp: false,
      visible: () => true,
      onVisible() {},
    });
    for (let n = 0; n < 4; n++) {
      for (let i = 0; i < 8; i++) await turn();
      if (dice.once(2)) store.actions.takeFiles(new Blob([mutateBytes(dice, bundle).slice()]));
      if (dice.once(3)) store.actions.enterLink(mutateText(dice, w.link({ serial: dice.pick([0, 1, 9]) })));
      if (dice.once(3)) store.actions.answer(dice.once(2));
      if (dice.once(4)) store.actions.dismissError();
      const { open } = store.view();
      if (open !== null) drawn(open);
    }
    for (let i = 0; i < 20; i++) await turn();
    const view = store.view();
    const items = view.open?.items.length ?? 0;
    hold(items <= 50, "no more is shown than was written");
    store.actions.closeRoom();
    over.abort();
    await turn();
    return items > 0 ? "items" : view.open !== null ? "an empty room" : "no room";
  },
});
