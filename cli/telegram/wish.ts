import { ChatId, TopicId } from "../../adapters/telegram/ids.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Config, TelegramPlace } from "../../config/config.ts";

/** Whether a mapping pins what it brings to a room. */
export const pinsIn = (config: Config, room: RoomName): boolean =>
  config.mappings.some((mapping) => mapping.pin.length > 0 && mapping.rooms.includes(room));

/** A place of the configuration in Telegram's own numbers. */
export const placeOf = ({ chat, topic }: TelegramPlace) => ({
  chat: ChatId.parse(chat),
  topic: topic === null ? null : TopicId.parse(topic),
});
