import { backup } from "./backup.ts";
import { deadDrop, deadList, deadRetry } from "./dead.ts";
import { roomCertify, roomRekey } from "./keys.ts";
import {
  matrixAccount,
  matrixChat,
  matrixInvite,
  matrixLogin,
  matrixRoomSetUp,
  matrixSign,
} from "./matrix.ts";
import { matrixLogOut } from "./matrix-log-out.ts";
import { matrixLook } from "./matrix-look.ts";
import type { Handled } from "./operation.ts";
import { reload } from "./reload.ts";
import { roomHead, roomInit, roomLink, roomState } from "./rooms.ts";
import { status } from "./status.ts";
import { telegramAnswer, telegramAwait, telegramLook, telegramMeet, telegramUnsure } from "./telegram.ts";

/** Every operation that the socket of a running bridge answers. */
const all: readonly Handled[] = [
  status,
  roomState,
  roomInit,
  roomLink,
  roomHead,
  roomCertify,
  roomRekey,
  backup,
  deadList,
  deadRetry,
  deadDrop,
  reload,
  matrixAccount,
  matrixLogin,
  matrixSign,
  matrixLogOut,
  matrixRoomSetUp,
  matrixInvite,
  matrixChat,
  matrixLook,
  telegramMeet,
  telegramAwait,
  telegramLook,
  telegramUnsure,
  telegramAnswer,
];

/** By name. */
export const operations: ReadonlyMap<string, Handled> = new Map(all.map((one) => [one.name, one]));
