/** Where the place of a head lies in its bytes (PSR1): "PSRH", serial 2, restart 1, room id 16, seq 8. */
const SERIAL = 4;
const RESTART = 6;
const SEQ = 23;

/** Whether a head stands at a higher place than `after`, written `<serial>.<restart>.<seq>`. Nonsense counts as yes. */
export function newerThan(head: Uint8Array, after: string): boolean {
  const told = /^(\d{1,5})\.(\d{1,3})\.(\d{1,15})$/.exec(after);
  if (told === null || head.length < SEQ + 8) return true;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const own = [BigInt(view.getUint16(SERIAL)), BigInt(view.getUint8(RESTART)), view.getBigUint64(SEQ)];
  for (const [i, mine] of own.entries()) {
    const theirs = BigInt(told[i + 1] ?? "0");
    if (mine !== theirs) return mine > theirs;
  }
  return false;
}
