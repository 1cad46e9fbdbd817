// SPDX-License-Identifier: AGPL-3.0-or-later
// Files that people bring: a plain PDF, one under a password, and what is no document at all.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A PDF of one line, as a scanner or an office program would save it. */
export function pdf(text) {
  const stream = `BT /F1 14 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${stream.length}>>stream\n${stream}\nendstream`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
  ];
  let body = "%PDF-1.7\n";
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.from(`${body}xref\n0 6\n0000000000 65535 f \n${table}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`);
}

/** The same PDF, which opens only with a password. */
export function locked(bytes) {
  const folder = mkdtempSync(join(tmpdir(), "delibera-locked-"));
  const [plain, out] = [join(folder, "plain.pdf"), join(folder, "locked.pdf")];
  writeFileSync(plain, bytes);
  execFileSync("qpdf", ["--encrypt", "parola", "parola", "256", "--", plain, out]);
  const answer = readFileSync(out);
  rmSync(folder, { recursive: true });
  return answer;
}
