// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes what is vendored under assets/: Bootstrap Italia reduced to what the templates use, our own
// stylesheet after it, the icons used, Titillium Web. Run after a change of templates or of
// delibera.css: `cd tools/assets && npm install && npm run build`; the result is committed.

import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";
import CleanCSS from "clean-css";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const kit = join(here, "node_modules", "bootstrap-italia");
const out = (name) => join(root, "assets", name);
const read = (path) => readFileSync(path, "utf8");

const templates = readdirSync(join(root, "templates/page")).map((name) => join(root, "templates/page", name));
const sources = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(join(folder, entry.name)) : [join(folder, entry.name)],
  );

// What pages may use without asking: buttons, the grid, tables, forms, what is read but not seen.
const kept = [/^btn/, /^container/, /^row$/, /^col(-|$)/, /^visually-hidden/, /^table/, /^h[1-6]$/, /^badge/, /^progress/];
const [bootstrap] = await new PurgeCSS().purge({
  content: [...templates, ...sources(join(root, "src/web"))],
  css: [{ raw: read(join(kit, "dist/css/bootstrap-italia.min.css")) }],
  safelist: { standard: kept },
  fontFace: true,
  keyframes: true,
  variables: true,
});
const css = bootstrap.css.replace(/@font-face\s*\{[^}]*\}/g, "");
const own = read(join(here, "delibera.css"));
const licence = "/*! Bootstrap Italia 2.18.3, BSD-3-Clause: LICENZE.md. Delibera, AGPL-3.0-or-later. */\n";
const small = new CleanCSS({ level: 1, rebase: false }).minify(css + own);
if (small.errors.length) throw new Error(small.errors.join("\n"));
writeFileSync(out("delibera.css"), licence + small.styles);

// Icons: those a template or a source file names.
const named = new Set();
for (const path of [...templates, ...sources(join(root, "src/web"))]) {
  for (const [, id] of read(path).matchAll(/["'](it-[a-z-]+)["']/g)) named.add(id);
}
const sprite = read(join(kit, "dist/svg/sprites.svg"));
const symbols = [];
for (const id of [...named].sort()) {
  const found = sprite.match(new RegExp(`<(symbol|svg)[^>]*\\bid="${id}"[\\s\\S]*?</\\1>`));
  if (!found) throw new Error(`no icon «${id}» in the sprite`);
  symbols.push(found[0].replace(/^<svg/, "<symbol").replace(/<\/svg>$/, "</symbol>"));
}
writeFileSync(
  out("icone.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg"><!-- Bootstrap Italia, BSD-3-Clause -->${symbols.join("")}</svg>\n`,
);

const fonts = join(kit, "dist/fonts/Titillium_Web");
const font = (weight) => `titillium-web-v10-latin-ext_latin-${weight}.woff2`;
for (const weight of ["regular", "600", "700"]) {
  copyFileSync(join(fonts, font(weight)), out(`titillium-${weight}.woff2`));
}
const licences = [
  ["Bootstrap Italia 2.18.3 (delibera.css, icone.svg)", join(kit, "LICENSE")],
  ["Titillium Web (titillium-*.woff2)", join(fonts, "OFL.txt")],
];
const text = licences.map(([name, path]) => `# ${name}\n\n\`\`\`text\n${read(path).trim()}\n\`\`\`\n`);
writeFileSync(out("LICENZE.md"), text.join("\n"));
console.log(`${symbols.length} icons, ${small.styles.length} bytes of CSS`);
