import { expect, test } from "vitest";
import { editCaption, editText, sendCall } from "../../adapters/telegram/calls.ts";
import type { FixedMedia } from "../../adapters/telegram/fixed.ts";
import { MessageId, TopicId } from "../../adapters/telegram/ids.ts";
import { MediaId } from "../../bridge/model/ids.ts";
import { CHANNEL_CHAT } from "./simulated.helper.ts";

const where = {
  chat: CHANNEL_CHAT,
  topic: TopicId.parse(7),
  reply: MessageId.parse(41),
  silent: true,
  button: "random",
};
const body = { text: "https://example.org", entities: [] };
const text = { kind: "text", part: "text.0", body } as const;
const photo = (n: number): FixedMedia => ({
  kind: "media",
  part: `media.${n}`,
  media: MediaId.parse(`${n}`.repeat(11)),
  form: "photo",
  name: `photo-${n}.jpg`,
  size: 3,
  mime: "image/jpeg",
  caption: { text: n === 1 ? "Подпись" : "", entities: [] },
  missing: "",
});
const spooled = async function* () {
  yield new Uint8Array([1, 2, 3]);
};

test("whatever is sent goes into its topic, answers without insisting, and has no preview and no protection", () => {
  for (const messages of [[text], [photo(1)], [photo(1), photo(2)]]) {
    const { payload } = sendCall(messages, where, spooled);
    expect(payload).toMatchObject({
      chat_id: CHANNEL_CHAT,
      message_thread_id: 7,
      disable_notification: true,
      reply_parameters: { message_id: 41, allow_sending_without_reply: true },
    });
    expect(JSON.stringify(payload)).not.toMatch(/parse_mode|protect_content/);
  }
  expect(sendCall([text], where, spooled).payload).toMatchObject({
    link_preview_options: { is_disabled: true },
  });
  expect(editText({ chat: CHANNEL_CHAT, id: where.reply, button: null }, body).payload).toMatchObject({
    link_preview_options: { is_disabled: true },
  });
});

test("a lone message has its button, also after an edit; an album has none", () => {
  const button = { inline_keyboard: [[{ text: "ⓘ", url: "https://telegram.org/?random" }]] };
  for (const call of [
    sendCall([text], where, spooled),
    sendCall([photo(1)], where, spooled),
    editText({ chat: CHANNEL_CHAT, id: where.reply, button: "random" }, body),
    editCaption({ chat: CHANNEL_CHAT, id: where.reply, button: "random" }, body),
  ])
    expect(call.payload.reply_markup).toEqual(button);
  const album = sendCall([photo(1), photo(2)], { ...where, button: null }, spooled);
  expect(album.payload).not.toHaveProperty("reply_markup");
  expect(album.method).toBe("sendMediaGroup");
  expect([...(album.uploads?.keys() ?? [])]).toEqual(["f0", "f1"]);
});
