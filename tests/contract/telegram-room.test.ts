import { world } from "../telegram/room.helper.ts";
import { changesOf } from "./changes.helper.ts";
import { destinationContract } from "./destination.contract.ts";

destinationContract("a Telegram room", async () => {
  const w = await world();
  return {
    destination: w.destination,
    outbox: w.bridge.outbox,
    now: () => w.clock.now(),
    seen: async () => w.bodies(),
    accept: changesOf(w),
  };
});
