import { z } from "zod";
import { chatFor } from "../access.ts";
import { lean } from "../json.ts";
import { type Method, method } from "../method.ts";
import type { Form } from "../model.ts";
import { bodied, entities, flag, int, json, sending, text } from "../params.ts";
import { captionOf, send, settle, textOf } from "../post.ts";
import { bad } from "../refused.ts";
import { messageJson } from "../render.ts";
import { mediaOf } from "../upload.ts";

const LinkPreview = json(z.object({ is_disabled: flag.optional() })).optional();

const sendMessage = method(
  z.object({ ...sending, text, parse_mode: text.optional(), entities, link_preview_options: LinkPreview }),
  (asking, input) => {
    const chat = chatFor(asking.world, asking.bot, input.chat_id);
    const settled = settle(asking, chat, input, "text messages");
    const body = textOf(input.text, input.entities, input.parse_mode);
    const preview =
      input.link_preview_options?.is_disabled !== true && /https?:\/\//.test(JSON.stringify(body));
    return (
      send(asking.world, chat, settled, [{ kind: "text", body, preview }]).map((m) =>
        messageJson(chat, m),
      )[0] ?? null
    );
  },
);

const measures = {
  width: int.optional(),
  height: int.optional(),
  duration: int.optional(),
  has_spoiler: flag.optional(),
  thumbnail: text.optional(),
};

/** How a kind of media is called where a bot may not send it. */
const plural: Readonly<Record<Form, string>> = {
  photo: "photos",
  video: "videos",
  audio: "music",
  voice: "voice notes",
  document: "documents",
  animation: "GIFs",
};

const sendOne = (form: Form): Method =>
  method(z.object({ ...sending, ...bodied, ...measures, [form]: text.optional() }), (asking, input) => {
    const chat = chatFor(asking.world, asking.bot, input.chat_id);
    const settled = settle(asking, chat, input, plural[form]);
    const given = z.string().safeParse(Reflect.get(input, form));
    if (!given.success && !asking.files.has(form)) throw bad(`there is no ${form} in the request`);
    const body = captionOf(input.caption, input.caption_entities, input.parse_mode);
    const media = mediaOf(asking, { ...input, form, media: given.data ?? form });
    return (
      send(asking.world, chat, settled, [{ kind: "media", media, body }]).map((m) =>
        messageJson(chat, m),
      )[0] ?? null
    );
  });

export const Item = z.object({
  type: z.enum(["photo", "video", "audio", "document", "animation"]),
  media: z.string(),
  ...measures,
  ...bodied,
});

/** Albums are of photos and videos, or of one other kind. */
function mixable(types: readonly string[]): void {
  const alone = types.find((type) => type === "document" || type === "audio");
  if (types.includes("animation")) throw bad("can't use the media of the specified type in the album");
  if (alone !== undefined && types.some((type) => type !== alone))
    throw bad(`${alone} can't be mixed with other media types`);
}

const sendMediaGroup = method(z.object({ ...sending, media: json(z.array(Item)) }), (asking, input) => {
  const { world } = asking;
  const chat = chatFor(world, asking.bot, input.chat_id);
  const settled = {
    ...settle(asking, chat, { ...input, reply_markup: undefined }, "photos"),
    album: String(13_000_000_000_000_000n + BigInt(world.serial())),
  };
  if (input.media.length < 2) throw bad("there are too few messages to send as an album");
  if (input.media.length > 10) throw bad("too many messages to send as an album");
  mixable(input.media.map((item) => item.type));
  const contents = input.media.map((item) => {
    const body = captionOf(item.caption, item.caption_entities, item.parse_mode);
    return { kind: "media" as const, media: mediaOf(asking, { ...item, form: item.type }), body };
  });
  return send(world, chat, settled, contents).map((message) => lean(messageJson(chat, message)));
});

export const sendMethods: Readonly<Record<string, Method>> = {
  sendMessage,
  sendPhoto: sendOne("photo"),
  sendVideo: sendOne("video"),
  sendAudio: sendOne("audio"),
  sendVoice: sendOne("voice"),
  sendDocument: sendOne("document"),
  sendAnimation: sendOne("animation"),
  sendMediaGroup,
};
