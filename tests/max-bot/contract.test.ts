import { onTestFinished } from "vitest";
import { createMaxBotSource } from "../../adapters/max-bot/source.ts";
import { systemClock, systemRandom } from "../../bridge/clock.ts";
import { ChannelId, ForeignId, SourceName } from "../../bridge/model/ids.ts";
import { startMaxSimulator } from "../../simulators/max/server.ts";
import { sourceContract } from "../contract/source.contract.ts";

sourceContract("the MAX bot API", async () => {
  const max = await startMaxSimulator({ port: 0 });
  onTestFinished(() => max.close());
  const { chatId } = max.control.createChannel({ title: "Расписание" });
  const channel = ChannelId.parse(chatId);
  return {
    channel,
    source: () =>
      createMaxBotSource({
        name: SourceName.parse("faculty"),
        token: max.token,
        baseUrl: max.url,
        ca: null,
        proxy: null,
        channels: [{ channel, backfill: { kind: "none" } }],
        reach: 7 * 86_400_000,
        clock: systemClock,
        random: systemRandom,
      }),
    publish: async (text) => ForeignId.parse(max.control.publish({ chatId, text }).mid),
    edit: async (id, text) => void max.control.edit({ mid: id, text }),
    remove: async (id) => void max.control.remove({ mid: id }),
    async publishFile(bytes) {
      const { mediaId } = max.control.addMedia({
        bytes: Buffer.from(bytes).toString("base64"),
        filename: "plan.pdf",
      });
      return ForeignId.parse(
        max.control.publish({ chatId, attachments: [{ type: "file", media: mediaId }] }).mid,
      );
    },
    writes: async () => max.control.stats().writes,
    caughtUp: () => max.control.whenCommitted(),
  };
});
