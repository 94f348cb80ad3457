import type { RoomName } from "../../bridge/model/ids.ts";
import type { NoticeCode } from "../../bridge/notices/port.ts";
import type { Lang } from "../../config/config.ts";

import type {
  AccountStatus,
  BotStatus,
  BridgeStatus,
  LaneHead,
  MatrixRoomStatus,
  OpenBridge,
  RoomStatus,
  SourceStatus,
  TelegramRoomStatus,
} from "../bridge-api.ts";
import { type Asked, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { faultText, heldText } from "../matrix/asked.ts";

import { noticeText, waitText } from "../notice-words.ts";

import { openBridge } from "../open-bridge.ts";
import { faultText as telegramFault } from "../telegram/asked.ts";
import type { Words } from "../texts/shape.ts";
import type { MatrixWords } from "../texts/shape-matrix.ts";
import type { TelegramWords } from "../texts/shape-telegram.ts";

export interface StatusOptions extends Asked {
  readonly json: boolean;
}

/** `postern status`: what was read, what waits, what failed. It changes nothing. */
export async function status(
  io: Io,
  options: StatusOptions,
  open: OpenBridge = openBridge,
): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const opened = await open(config, { io, lang, make: false });
  if (!opened.ok) {
    io.err(`${words.open[opened.problem.code](opened.problem.where)}\n`);
    return 2;
  }
  const now = await opened.bridge.status();
  await opened.bridge.close();
  io.out(
    options.json ? `${JSON.stringify(asJson(now), null, 2)}\n` : asText(now, { lang, words, now: io.now() }),
  );
  return 0;
}

const moment = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The keys are promised to scripts: none is renamed, new ones may come. Moments in ISO 8601, UTC. */
function asJson(s: BridgeStatus): unknown {
  return {
    running: s.running,
    sources: s.sources.map(({ name, lastRead, trouble }) => ({ name, last_read: moment(lastRead), trouble })),
    rooms: s.rooms.map(({ name, keys, matrix, telegram, queued, head, dead }) => ({
      name,
      type: matrix !== null ? "matrix" : telegram !== null ? "telegram" : "sealed",
      keys,
      ...(matrix === null ? {} : { held: matrix.held, strict: matrix.strict, unread: matrix.unread }),
      ...(telegram === null ? {} : telegram),
      queued,
      head:
        head === null
          ? null
          : {
              since: moment(head.since),
              mapping: head.mapping,
              attempts: head.attempts,
              due: moment(head.due),
            },
      failed: dead,
    })),
    ...(s.accounts.length === 0
      ? {}
      : {
          accounts: s.accounts.map(({ name, state, heard, trouble, confirmed }) => ({
            name,
            state,
            heard: moment(heard),
            trouble,
            confirmed,
          })),
        }),
    ...(s.bots.length === 0
      ? {}
      : {
          bots: s.bots.map(({ name, heard, trouble, limited }) => ({
            name,
            heard: moment(heard),
            trouble,
            limited: moment(limited),
          })),
        }),
    unmatched: s.unmatched,
    troubles: s.troubles.map(({ since, ...trouble }) => ({ ...trouble, since: moment(since) })),
  };
}

/** What there is to say of a Matrix room besides its lane. */
function ofServer({ held, strict, unread }: MatrixRoomStatus, say: MatrixWords): readonly string[] {
  return [
    ...(held === null ? [] : [`${say.status.held}: ${heldText(held, say)}`]),
    ...(strict ? [say.status.strict] : []),
    ...(unread === null || unread === 0 ? [] : [say.status.unread(unread)]),
  ];
}

/** The same of a Telegram room. */
function ofTelegram(
  room: RoomName,
  { held, unsure }: TelegramRoomStatus,
  say: TelegramWords,
): readonly string[] {
  return [
    ...(held === null ? [] : [`${say.status.held}: ${telegramFault(held, say)}`]),
    ...(unsure ? [say.status.unsure(room)] : []),
  ];
}

/** Told in the lines of sources, accounts, bots and rooms already. */
const toldAbove: readonly NoticeCode[] = [
  "source_stopped",
  "source_blind",
  "dead_letters",
  "account_out",
  "account_silent",
  "account_unsigned",
  "bot_out",
  "bot_shared",
  "bot_silent",
  "unsure",
  "room_held",
  "room_waiting",
];

function asText(
  s: BridgeStatus,
  { lang, words, now }: { readonly lang: Lang; readonly words: Words; readonly now: number },
): string {
  const say = words.status;
  const source = ({ name, lastRead, trouble }: SourceStatus): string => {
    const read = lastRead === null ? say.neverRead : say.read(words.span(now - lastRead));
    return `  ${name}: ${read}${trouble === null ? "" : `; ${say.trouble(say.troubles[trouble])}`}`;
  };
  const first = (name: RoomName, { since, attempts, due }: LaneHead): string => {
    const told = s.troubles.find((one) => one.code === "room_waiting" && one.room === name);
    const why = waitText(told?.reason, lang, told?.bot !== undefined) || null;
    return say.head(words.span(now - since), attempts, why, due === null ? null : words.span(due - now));
  };
  const { matrix } = words;
  const account = ({ name, state, heard, trouble, confirmed }: AccountStatus): string => {
    const rests = s.running ? matrix.status.notRead : matrix.status.resting;
    const ins = [
      heard === null ? rests : matrix.status.read(words.span(now - heard)),
      ...(trouble === null ? [] : [matrix.status.trouble(faultText(trouble, matrix))]),
      ...(confirmed === null ? [] : [confirmed ? matrix.status.signed : matrix.status.unsigned]),
    ];
    const lost = [
      trouble === null || trouble === "store_missing"
        ? matrix.status.lost
        : matrix.status.trouble(faultText(trouble, matrix)),
    ];
    const parts = { in: ins, out: [matrix.status.out], lost }[state];
    return `  ${name}: ${parts.join("; ")}`;
  };
  const { telegram } = words;
  const bot = ({ name, heard, trouble, limited }: BotStatus): string => {
    const rests = s.running ? telegram.status.notHeard : telegram.status.resting;
    const parts = [
      heard === null ? rests : telegram.status.heard(words.span(now - heard)),
      ...(trouble === null ? [] : [telegram.status.trouble(telegramFault(trouble, telegram))]),
      ...(limited === null ? [] : [telegram.status.limited(words.span(limited - now))]),
    ];
    return `  ${name}: ${parts.join("; ")}`;
  };
  const room = ({
    name,
    keys,
    matrix: onServer,
    telegram: inTelegram,
    queued,
    head,
    dead,
  }: RoomStatus): string => {
    const parts = [
      ...(keys ? [] : [onServer === null ? say.noKeys : matrix.status.noRoom]),
      ...(onServer === null ? [] : ofServer(onServer, matrix)),
      ...(inTelegram === null ? [] : ofTelegram(name, inTelegram, telegram)),
      ...(queued > 0 ? [say.queued(queued)] : keys ? [say.empty] : []),
      ...(head === null ? [] : [first(name, head)]),
      ...(dead > 0 ? [say.dead(dead)] : []),
    ];
    return `  ${name}: ${parts.join("; ")}`;
  };
  const troubles = s.troubles
    .filter(({ code }) => !toldAbove.includes(code))
    .map((trouble) => `  ${noticeText({ ...trouble, state: "trouble", at: now }, lang)}`);
  const lines = [
    s.running ? say.running : say.stopped,
    say.sources,
    ...s.sources.map(source),
    ...(s.accounts.length === 0 ? [] : [matrix.status.accounts, ...s.accounts.map(account)]),
    ...(s.bots.length === 0 ? [] : [telegram.status.bots, ...s.bots.map(bot)]),
    say.rooms,
    ...s.rooms.map(room),
    ...(troubles.length > 0 ? [say.known, ...troubles] : []),
    ...(s.unmatched > 0 ? [say.unmatched(s.unmatched)] : []),
  ];
  return `${lines.join("\n")}\n`;
}
