import { core, ROOM, texts } from "../core.helper.ts";
import { changesOf } from "./changes.helper.ts";
import { destinationContract } from "./destination.contract.ts";

destinationContract("a sealed room", async () => {
  const c = await core();
  const destination = c.bridge.sealedRooms(() => {}).get(ROOM);
  if (destination === undefined) throw new Error("no sealed room");
  return {
    destination,
    outbox: c.bridge.outbox,
    now: () => c.clock.now(),
    seen: async () => texts(c),
    accept: changesOf(c),
  };
});
