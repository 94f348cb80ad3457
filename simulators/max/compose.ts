import type { z } from "zod";
import type { AttachmentInput, PublishInput, UserInput } from "./inputs.ts";
import type { Json, JsonObject } from "./json.ts";
import type { MediaStore } from "./media.ts";
import type { Attachment, Body, Channel, Link, User, World } from "./world.ts";

/** A request of the control interface that cannot be met: says why, in one sentence. */
export class ControlError extends Error {
  override name = "ControlError";
}

type ContentInput = Pick<z.output<typeof PublishInput>, "text" | "markup" | "attachments">;

/** Builds users, attachments, bodies and links from what the control interface was given. */
export class Composer {
  readonly #world: World;
  readonly #media: MediaStore;
  readonly #now: () => number;

  constructor(world: World, media: MediaStore, now: () => number) {
    this.#world = world;
    this.#media = media;
    this.#now = now;
  }

  user(input: z.output<typeof UserInput>): User {
    return {
      id: input.userId === undefined ? this.#world.nextUserId() : BigInt(input.userId),
      firstName: input.firstName ?? "Участник",
      lastName: input.lastName ?? null,
      username: input.username ?? null,
      isBot: input.isBot ?? false,
      lastActivity: this.#now(),
    };
  }

  /** The fields of a body that `content` gives. */
  content(chatId: string, content: ContentInput): Pick<Body, "text" | "markup" | "attachments"> {
    return {
      text: content.text ?? "",
      markup: (content.markup ?? []).map((m) => jsonObject(m)),
      attachments: (content.attachments ?? []).map((a) => this.attachment(chatId, a)),
    };
  }

  attachment(chatId: string, a: z.output<typeof AttachmentInput>): Attachment {
    switch (a.type) {
      case "image":
        return { type: a.type, media: this.#medium(a.media).id };
      case "audio": {
        const medium = this.#medium(a.media);
        return {
          type: a.type,
          media: medium.id,
          ...(a.transcription === undefined ? {} : { transcription: a.transcription }),
        };
      }
      case "video":
        return this.#video(chatId, a);
      case "file": {
        const medium = this.#medium(a.media);
        return {
          type: a.type,
          media: medium.id,
          filename: a.filename ?? medium.filename,
          size: a.size ?? medium.size,
        };
      }
      case "sticker": {
        const { id } = this.#medium(a.media);
        return {
          type: a.type,
          media: id,
          code: a.code ?? `s-${id}`,
          width: a.width ?? 512,
          height: a.height ?? 512,
        };
      }
      case "contact": {
        const user = a.user === undefined ? undefined : this.user(a.user);
        const max_info = user && {
          user_id: user.id,
          first_name: user.firstName,
          last_name: user.lastName,
          username: user.username,
          is_bot: user.isBot,
          last_activity_time: user.lastActivity,
        };
        return fixed({ type: a.type, payload: { vcf_info: a.vcf, hash: a.hash, max_info } });
      }
      case "share": {
        const token = a.url === undefined ? undefined : `share-${Buffer.from(a.url).toString("base64url")}`;
        const payload = { url: a.url, token };
        return fixed({
          type: a.type,
          payload,
          title: a.title,
          description: a.description,
          image_url: a.imageUrl,
        });
      }
      case "location":
        return fixed({ type: a.type, latitude: a.latitude, longitude: a.longitude });
      case "inline_keyboard":
        return fixed({ type: a.type, payload: { buttons: a.buttons } });
      case "raw":
        return fixed(a.json);
    }
  }

  /** What a post answers or forwards. */
  link(channel: Channel, input: z.output<typeof PublishInput>): Link | null {
    if (input.replyTo !== undefined) {
      const { message } = this.located(input.replyTo);
      return { type: "reply", sender: message.sender, chatId: null, message: message.body };
    }
    const f = input.forward;
    if (f === undefined) return null;
    if (f.mid !== undefined) {
      const { message } = this.located(f.mid);
      return { type: "forward", sender: message.sender, chatId: message.chatId, message: message.body };
    }
    const chatId = f.chatId ?? "-69569569569569";
    const seq = (BigInt(this.#now()) << 16n) | 77n;
    const message = { mid: `mid.forwarded-${seq.toString(36)}`, seq, ...this.content(channel.chatId, f) };
    return { type: "forward", sender: f.sender ? this.user(f.sender) : null, chatId, message };
  }

  located(mid: string) {
    const found = this.#world.locate(mid);
    if (found === undefined) throw new ControlError(`no message ${mid}`);
    return found;
  }

  #medium(id: string) {
    const medium = this.#media.get(id);
    if (medium === undefined) throw new ControlError(`no medium ${id}: add it first`);
    return medium;
  }

  #video(chatId: string, a: Extract<z.output<typeof AttachmentInput>, { type: "video" }>): Attachment {
    const medium = this.#medium(a.media);
    const qualities = a.qualities ?? { mp4_720: medium.id };
    for (const id of Object.values(qualities)) this.#medium(id);
    const thumbnail = a.thumbnail === undefined ? null : this.#medium(a.thumbnail).id;
    const shape = { width: a.width ?? 1280, height: a.height ?? 720, duration: a.duration ?? 10, thumbnail };
    this.#media.videos.set(medium.token, { chatId, qualities, ...shape });
    return { type: "video", media: medium.id, ...shape };
  }
}

const fixed = (json: JsonObject): Attachment => ({ type: "fixed", json });

function jsonObject(input: Record<string, unknown>): JsonObject {
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(input)) {
    if (
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "boolean" ||
      value === null
    )
      out[key] = value;
    else if (typeof value === "bigint") out[key] = value;
  }
  return out;
}
