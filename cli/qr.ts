import { open } from "node:fs/promises";
import { create, toBuffer } from "qrcode";

/** Light around the code that scanners need, in modules. */
const MARGIN = 2;
const BLACK_ON_WHITE = "\u001b[38;5;16;48;5;231m";
const PLAIN = "\u001b[0m";

/** A text as a QR code of half blocks, black on white whatever the terminal's colours are. */
export function terminalQr(text: string): string {
  const { modules } = create(text, { errorCorrectionLevel: "L" });
  const { size } = modules;
  const dark = (row: number, column: number): boolean =>
    row >= 0 && row < size && column >= 0 && column < size && modules.get(row, column) === 1;
  const lines: string[] = [];
  for (let row = -MARGIN; row < size + MARGIN; row += 2) {
    let line = "";
    for (let column = -MARGIN; column < size + MARGIN; column++) {
      const [upper, lower] = [dark(row, column), dark(row + 1, column)];
      line += upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
    }
    lines.push(`${BLACK_ON_WHITE}${line}${PLAIN}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Writes a text as a QR code into a PNG that only its owner may read. A file that exists is not touched. */
export async function pngQr(text: string, file: string): Promise<"made" | "exists" | "failed"> {
  const bytes = await toBuffer(text, { type: "png", errorCorrectionLevel: "M", scale: 8 });
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
    return "made";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EEXIST" ? "exists" : "failed";
  }
}
