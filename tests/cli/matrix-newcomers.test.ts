import { expect, test } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
import { noteNewcomers } from "../../cli/matrix/newcomers.ts";
import { place } from "./io.helper.ts";
import { configOf } from "./running.helper.ts";

const CLASS = RoomName.parse("class");

test.each(["true", "false"])(
  "with digest: %s the newcomers of a room are noted as it says, and dropped when the room moved",
  async (digest) => {
    const { config } = await place((base) =>
      base
        .replace(
          "rooms:\n",
          `matrix:\n  campus: { base_url: 'http://127.0.0.1:9' }\nrooms:\n  class: { type: matrix, account: campus, title: Class, digest: ${digest} }\n`,
        )
        .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
    );
    const told: string[] = [];
    const bridge = {
      digests: {
        joined: (room: RoomName) => void told.push(`joined ${room}`),
        replaced: (room: RoomName) => void told.push(`replaced ${room}`),
        offers: () => false,
        queue: () => [],
      },
    };
    const over = { config: await configOf(config), bridge };
    noteNewcomers(over, { kind: "joined", room: CLASS });
    noteNewcomers(over, { kind: "moved", room: CLASS });
    expect(told).toEqual([...(digest === "true" ? ["joined class"] : []), "replaced class"]);
  },
);
