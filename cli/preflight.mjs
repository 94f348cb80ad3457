// Plain JavaScript on purpose: it must run on a Node too old for the rest and say so in one line.
const [major] = process.versions.node.split(".");
if (Number(major) < 24) {
  process.stderr.write(
    `Postern needs Node.js 24 or newer; this is ${process.versions.node}. Nothing was started. ` +
      "Run it through npm after `npm ci` (it brings its own Node on Linux and Windows), or install Node 24 from https://nodejs.org.\n" +
      `Postern нужен Node.js 24 или новее; здесь ${process.versions.node}. Ничего не запущено. ` +
      "Запускайте через npm после `npm ci` (на Linux и Windows он приносит свой Node) или поставьте Node 24 с https://nodejs.org.\n",
  );
  process.exit(1);
}
