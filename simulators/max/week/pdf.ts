interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Colours, three bytes each. */
  readonly palette: Uint8Array;
  /** The deflated, filtered rows, as PNG and PDF both keep them. */
  readonly deflated: Uint8Array;
}

/** Reads a PNG with a palette and without interlace. Throws on any other. */
function pixels(png: Uint8Array): Pixels {
  const bytes = Buffer.from(png);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [bits, kind, interlace] = [bytes.readUInt8(24), bytes.readUInt8(25), bytes.readUInt8(28)];
  if (kind !== 3 || interlace !== 0) throw new Error("a PNG with a palette and without interlace is needed");
  let palette = Buffer.alloc(0);
  const deflated: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === "PLTE") palette = Buffer.from(data);
    if (type === "IDAT") deflated.push(data);
    at += 12 + length;
  }
  return { width, height, bits, palette, deflated: Buffer.concat(deflated) };
}

/** A PDF of one A4 page that is filled by a picture (a PNG with a palette). The same bytes for the same picture. */
export function pdfOf(png: Uint8Array): Uint8Array {
  const { width, height, bits, palette, deflated } = pixels(png);
  const last = palette.length / 3 - 1;
  const page = "q 595 0 0 842 0 0 cm /P Do Q";
  const objects: readonly (readonly [dictionary: string, stream?: Uint8Array])[] = [
    ["<< /Type /Catalog /Pages 2 0 R >>"],
    ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
    [
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /P 5 0 R >> >> >>",
    ],
    [`<< /Length ${page.length} >>`, Buffer.from(page)],
    [
      `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /BitsPerComponent ${bits} ` +
        `/ColorSpace [/Indexed /DeviceRGB ${last} <${Buffer.from(palette).toString("hex")}>] ` +
        `/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 1 /BitsPerComponent ${bits} /Columns ${width} >> ` +
        `/Length ${deflated.length} >>`,
      deflated,
    ],
  ];
  const parts: Uint8Array[] = [Buffer.from("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "latin1")];
  const size = (): number => parts.reduce((sum, part) => sum + part.length, 0);
  const places: number[] = [];
  for (const [i, [dictionary, stream]] of objects.entries()) {
    places.push(size());
    parts.push(Buffer.from(`${i + 1} 0 obj\n${dictionary}\n`));
    if (stream !== undefined) parts.push(Buffer.from("stream\n"), stream, Buffer.from("\nendstream\n"));
    parts.push(Buffer.from("endobj\n"));
  }
  const table = size();
  const rows = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}` +
        `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
