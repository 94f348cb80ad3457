/** An engine that panics: run as a process of its own, since no engine of a process that saw one can be used again. */
import { OlmMachine, RoomId } from "@matrix-org/matrix-sdk-crypto-wasm";
import { EngineBroken } from "../../../adapters/matrix/engine/broken.ts";
import { openEngine } from "../../../adapters/matrix/engine/open.ts";
import { DeviceId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import { keyServer } from "./key-server.helper.ts";
import { BOT, EVERYBODY, never, ROOM, STUDENT } from "./messages.helper.ts";

if (process.argv[2] === "panic") {
  const server = keyServer();
  const make = async (name: string) => {
    const device = DeviceId.parse(name);
    const opened = await openEngine({
      user: BOT,
      device,
      api: server.api(BOT, device),
      clock: systemClock,
      store: { file: null, passphrase: "in memory", create: true },
    });
    if (!opened.ok) throw new Error(opened.problem);
    return opened.engine;
  };
  const one = await make("ONE");
  const other = await make("OTHER");
  // As if sharing had been forgotten: encrypting with no session panics.
  const { encryptRoomEvent } = OlmMachine.prototype;
  OlmMachine.prototype.encryptRoomEvent = function (_room, type, content) {
    return encryptRoomEvent.call(this, new RoomId("!another:server"), type, content);
  };
  const code = (error: unknown): string =>
    error instanceof EngineBroken ? `${error.name} ${error.code}` : String(error);
  const send = one.encrypt(ROOM, [STUDENT], EVERYBODY, "m.room.message", { body: "Секрет" }, never);
  const told = await Promise.all([
    send.then(() => "encrypted", code),
    one.broken.catch(code),
    other.broken.catch(code),
  ]);
  told.push(await other.rotate(ROOM).then(() => "rotated", code));
  await one.close();
  await other.close();
  console.log(JSON.stringify(told));
}
