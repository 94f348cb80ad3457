import type { Config } from "../../config/config.ts";
import type { AccountLook, BridgeCommands, RoomLook } from "../bridge-api.ts";
import { faultText, heldText } from "../matrix/asked.ts";
import { matrixRooms } from "../room-kinds.ts";
import type { Words } from "../texts/shape.ts";
import { loginMends } from "../texts/shape-matrix.ts";
import { fine, type Line, note, wrong } from "./line.ts";

/** Whether each Matrix account is logged in and confirmed, and each of its rooms is safe. null: there are none. */
export async function checkMatrix(
  config: Config,
  bridge: BridgeCommands,
  words: Words,
): Promise<readonly Line[] | null> {
  if (matrixRooms(config).length === 0) return null;
  const { accounts, rooms } = await bridge.matrix();
  return [
    ...accounts.flatMap((account) => accountLines(account, config, words)),
    ...rooms.flatMap((room) => roomLines(room, words)),
  ];
}

function accountLines(look: AccountLook, config: Config, words: Words): readonly Line[] {
  const { matrix } = words;
  const say = matrix.check;
  const { name, trouble, signed, largest } = look;
  if (trouble === "no_session" || trouble === "M_UNKNOWN_TOKEN") return [wrong(say.noLogin(name))];
  if (trouble === "store_missing") return [wrong(say.lost(name))];
  if (loginMends.some((code) => code === trouble))
    return [wrong(say.again(name, faultText(trouble ?? "", matrix)))];
  if (trouble !== null) return [wrong(say.failed(name, faultText(trouble, matrix)))];
  const wanted = config.mappings
    .filter((mapping) => mapping.rooms.some((room) => accountOf(config, room) === name))
    .map((mapping) => mapping.largestFile);
  return [
    fine(say.loggedIn(name)),
    ...(signed === null ? [] : [signed ? fine(say.signed(name)) : wrong(say.unsigned(name))]),
    ...(largest !== null && Math.max(0, ...wanted) > largest
      ? [note(say.largest(name, `${Math.floor(largest / 1e5) / 10} MB`))]
      : []),
  ];
}

const accountOf = (config: Config, name: Parameters<Config["rooms"]["get"]>[0]) => {
  const room = config.rooms.get(name);
  return room?.type === "matrix" ? room.account : null;
};

function roomLines(look: RoomLook, words: Words): readonly Line[] {
  const { matrix } = words;
  const say = matrix.check;
  const { name, trouble, flaws, strict, unread } = look;
  if (trouble === "no_room") return [wrong(say.noRoom(name))];
  if (trouble === "was_sealed") return [wrong(matrix.wasSealed(name))];
  if (trouble !== null) return [wrong(say.roomFailed(name, faultText(trouble, matrix)))];
  const told = flaws.map(({ flaw, unsafe }) => {
    const text = say.flaw(name, heldText(flaw, matrix));
    return unsafe ? wrong(text) : note(text);
  });
  return [
    ...(flaws.some(({ unsafe }) => unsafe) ? [] : [fine(say.roomFine(name))]),
    ...told,
    ...(strict ? [note(say.strict(name))] : []),
    ...(unread !== null && unread > 0 ? [note(say.unread(name, unread))] : []),
  ];
}
