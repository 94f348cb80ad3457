import type { RoomName } from "../bridge/model/ids.ts";
import type { Config, MatrixRoomConfig, SealedRoomConfig, TelegramRoomConfig } from "../config/config.ts";

/** The sealed room of that name; null: there is none, or it is of another kind. */
export function sealedRoom(config: Config, name: RoomName): SealedRoomConfig | null {
  const room = config.rooms.get(name);
  return room?.type === "sealed" ? room : null;
}

export const isSealed = (config: Config, name: RoomName): boolean => sealedRoom(config, name) !== null;

export const isMatrix = (config: Config, name: RoomName): boolean => matrixRoom(config, name) !== null;

/** The Matrix room of that name; null: there is none, or it is of another kind. */
export function matrixRoom(config: Config, name: RoomName): MatrixRoomConfig | null {
  const room = config.rooms.get(name);
  return room?.type === "matrix" ? room : null;
}

/** The names of all rooms that are sealed. */
export const sealedRooms = (config: Config): readonly RoomName[] =>
  [...config.rooms.values()].flatMap((room) => (room.type === "sealed" ? [room.name] : []));

/** All Matrix rooms. */
export const matrixRooms = (config: Config): readonly MatrixRoomConfig[] =>
  [...config.rooms.values()].flatMap((room) => (room.type === "matrix" ? [room] : []));

/** The Telegram room of that name; null: there is none, or it is of another kind. */
export function telegramRoom(config: Config, name: RoomName): TelegramRoomConfig | null {
  const room = config.rooms.get(name);
  return room?.type === "telegram" ? room : null;
}

/** All Telegram rooms. */
export const telegramRooms = (config: Config): readonly TelegramRoomConfig[] =>
  [...config.rooms.values()].flatMap((room) => (room.type === "telegram" ? [room] : []));

/** Where a room's log is kept, as links write it; none for other kinds of rooms. */
export const originsOf = (config: Config, room: RoomName): readonly string[] =>
  sealedRoom(config, room)?.origins ?? [];
