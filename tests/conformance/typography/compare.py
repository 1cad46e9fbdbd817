#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same act set by Delibera, by Typst and by WeasyPrint: three PDFs, a contact sheet, figures.

    python3 -m venv V && V/bin/pip install -r tests/conformance/typography/requirements.txt
    cargo build --release -p delibera-documents --example samples
    V/bin/python tests/conformance/typography/compare.py OUT

Recorded figures are in docs/performance.md. Same text (crates/documents/tests/samples/deliberazione.md), same fonts, page, measure, size, leading,
Italian hyphenation, justified. Figures are of lines of running text that fill the measure:
  spread    standard deviation of word spaces over their mean (less is more even)
  widest    widest word space, in em
  rivers    word spaces that run together down three lines or more
  stacks    hyphens at the end of consecutive lines
  short     last lines of a paragraph shorter than a tenth of the measure
  widows    pages that begin or end with a line cut off its paragraph
"""

import html
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

import pymupdf as fitz
import typst
import weasyprint
from PIL import Image, ImageDraw

ROOT = pathlib.Path(__file__).resolve().parents[3]
FONTS = ROOT / "crates/documents/assets/fonts"
SOURCE = ROOT / "crates/documents/tests/samples/deliberazione.md"
SAMPLES = ROOT / "target/release/examples/samples"
LEFT, PAGE, SIZE = 78.0, 595.276, 11.0
ROUNDS = 15


def blocks(text):
    """The small dialect of the sample: directives, headings, lists, tables, paragraphs."""
    out, kind, table, signs = [], [], None, []
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if not bare.startswith("|") and table:
            out.append(("labels" if "etichette" in kind else "table", table))
            table = None
        if bare.startswith(":::"):
            name = bare.strip(":").strip()
            if name.startswith("firma"):
                signs.append(dict(re.findall(r'(\w+)="([^"]*)"', name)))
                kind.append("firma")
            elif name:
                kind.append(name.split()[0])
            elif kind:
                kind.pop()
            continue
        if signs and bare:
            out.append(("signs", signs))
            signs = []
        centre = "centrato" in kind
        if bare.startswith("|"):
            row = [cell.strip() for cell in bare.strip("|").split("|")]
            if not re.fullmatch(r"[:\- ]+", "".join(row)):
                table = [*(table or []), row]
        elif match := re.match(r"(#+) (.*)", bare):
            level = len(match[1]) + (2 if "testo" in kind else 0)
            out.append(("head", level, match[2], centre))
        elif match := re.match(r"( *)(-|\d+\.) (.*)", line):
            out.append(("item", len(match[1]) // 2, match[2], match[3]))
        elif bare:
            out.append(("para", bare, centre))
    if signs:
        out.append(("signs", signs))
    return out


def inline(text, bold, italic, link, escape):
    text = escape(text)
    text = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", link, text)
    text = re.sub(r"\*\*(.+?)\*\*", bold, text)
    return re.sub(r"(?<!\*)\*([^*]+)\*(?!\*)", italic, text)


def to_html(parts):
    def run(text):
        return inline(text, r"<b>\1</b>", r"<i>\1</i>", r'<a href="\2">\1</a>', html.escape)

    body = []
    for part in parts:
        if part[0] == "head":
            centre = ' class="c"' if part[3] else ""
            body.append(f"<h{part[1]}{centre}>{run(part[2])}</h{part[1]}>")
        elif part[0] == "para":
            centre = ' class="c"' if part[2] else ""
            body.append(f"<p{centre}>{run(part[1])}</p>")
        elif part[0] == "item":
            mark = "•" if part[2] == "-" else part[2]
            body.append(
                f'<p class="i" style="margin-left:{19 + 19 * part[1]}pt">'
                f"<span>{mark}</span>{run(part[3])}</p>"
            )
        elif part[0] in ("table", "labels"):
            rows = part[1] if part[0] == "table" else [["", ""], *part[1]]
            head = "".join(f"<th>{run(c)}</th>" for c in rows[0])
            head = f"<thead><tr>{head}</tr></thead>" if any(rows[0]) else ""
            rest = "".join(
                "<tr>" + "".join(f"<td>{run(c)}</td>" for c in row) + "</tr>" for row in rows[1:]
            )
            body.append(f'<table class="{part[0]}">{head}<tbody>{rest}</tbody></table>')
        else:
            boxes = "".join(
                f"<td><b>{html.escape(s.get('titolo', ''))}</b><br>{html.escape(s.get('nome', ''))}"
                '<div class="f"></div></td>'
                for s in part[1]
            )
            body.append(f'<table class="s"><tr>{boxes}</tr></table>')
    faces = "".join(
        f"@font-face{{font-family:T;src:url({(FONTS / f'TitilliumWeb-{file}.ttf').as_uri()});"
        f"font-weight:{weight};font-style:{style}}}"
        for file, weight, style in [
            ("Regular", 400, "normal"),
            ("Bold", 700, "normal"),
            ("Italic", 400, "italic"),
            ("BoldItalic", 700, "italic"),
        ]
    )
    style = faces + """
    @page{size:A4;margin:60pt 78pt 67pt;@bottom-right{content:"Pagina " counter(page) " di "
      counter(pages);font:8.2pt T}}
    html{font:11pt/15.5pt T;hyphens:auto} body{margin:0} p{margin:7pt 0;text-align:justify;orphans:2;widows:2}
    .c{text-align:center} h1,h2,h3,h4{break-after:avoid;hyphens:none;margin:14pt 0 6pt}
    h1{font-size:17pt;line-height:22pt} h2{font-size:13.4pt;line-height:18pt}
    h3,h4{font-size:11.6pt} .i{position:relative} .i span{position:absolute;left:-13pt}
    table{border-collapse:collapse;width:100%;font-size:9.8pt;line-height:13.2pt;margin:10pt 0}
    td,th{padding:3.6pt 5pt;text-align:left;vertical-align:top} tr{break-inside:avoid}
    .table td,.table th{border-bottom:.4pt solid #bcc4cc} th{background:#f1f3f5}
    .s{break-inside:avoid;text-align:center} .s td{text-align:center}
    .f{border:.5pt solid #bcc4cc;height:46pt}"""
    return f'<html lang="it"><style>{style}</style><body>{"".join(body)}</body></html>'


def to_typst(parts):
    def escape(text):
        return re.sub(r"([#$@_<>`~\\])", r"\\\1", text)

    def run(text):
        return inline(
            text, r"#strong[\1]", r"#emph[\1]", r'#link("\2")[\1]', escape
        ).replace("*", r"\*")

    out = [
        '#set document(title: "Deliberazione")',
        "#set page(paper: \"a4\", margin: (x: 78pt, top: 60pt, bottom: 67pt), numbering: "
        '(n, m) => [Pagina #n di #m])',
        '#set text(font: "Titillium Web", size: 11pt, lang: "it", hyphenate: true, '
        'top-edge: 0.75em, bottom-edge: -0.25em)',
        "#set par(justify: true, leading: 4.5pt, spacing: 11.5pt)",
        "#set table(stroke: (bottom: .4pt + luma(190)), inset: (x: 5pt, y: 3.6pt))",
        "#show table: set par(justify: false)",
        "#show table: set text(size: 9.8pt)",
    ]
    for part in parts:
        if part[0] == "head":
            size = {1: 17, 2: 13.4}.get(part[1], 11.6)
            text = f'#block(sticky: true)[#set text(size: {size}pt, weight: "bold", hyphenate: false)\n'
            text += f"#set par(justify: false)\n{run(part[2])}]"
            out.append(f"#align(center)[{text}]" if part[3] else text)
        elif part[0] == "para":
            out.append(f"#align(center)[{run(part[1])}]" if part[2] else run(part[1]))
        elif part[0] == "item":
            mark = "•" if part[2] == "-" else part[2]
            out.append(
                f"#pad(left: {19 * part[1] + 6}pt)[#grid(columns: (13pt, 1fr), [{mark}], "
                f"[{run(part[3])}])]"
            )
        elif part[0] in ("table", "labels"):
            head, rest = (part[1][0], part[1][1:]) if part[0] == "table" else (None, part[1])
            columns = ", ".join(["auto"] * len(part[1][0]))
            cells = ", ".join(f"[{run(c)}]" for row in rest for c in row)
            top = ", ".join(f"[*{run(c)}*]" for c in head) if head else ""
            top = f"table.header({top}), " if head else ""
            out.append(f"#table(columns: ({columns}), {top}{cells})")
        else:
            boxes = ", ".join(
                f"align(center)[*{s.get('titolo', '')}* \\ {s.get('nome', '')} "
                "#rect(width: 100%, height: 46pt, stroke: .5pt + luma(190))]"
                for s in part[1]
            )
            out.append(f"#block(breakable: false)[#grid(columns: (1fr, 1fr), gutter: 24pt, {boxes})]")
    return "\n\n".join(out)


def lines_of(page):
    """Lines of words, top to bottom: [(x0, x1, text)], baseline."""
    rows = {}
    for x0, y0, x1, y1, text, *_ in page.get_text("words"):
        key = round((y0 + y1) / 2 / 3)
        near = next((k for k in (key, key - 1, key + 1) if k in rows), key)
        rows.setdefault(near, []).append((x0, x1, text))
    return [(key * 3, sorted(words)) for key, words in sorted(rows.items())]


def figures(path):
    gaps, rivers, stacks, short, widows = [], 0, 0, 0, 0
    document = fitz.open(path)
    for page in document:
        before, hyphens, chains = None, 0, []
        body = [(y, w) for y, w in lines_of(page) if 55 < y < 770]
        for y, words in body:
            full = words[-1][1] > PAGE - LEFT - 2.5 and words[0][0] < LEFT + 60 and len(words) > 4
            spaces = [(a[1], b[0]) for a, b in zip(words, words[1:])]
            table = any(b - a > 14 for a, b in spaces)
            ends = words[-1][2][-1:] in "-\u00ad\u2010"
            hyphens = hyphens + 1 if full and ends else 0
            stacks += hyphens > 1
            if full and not table:
                gaps += [b - a for a, b in spaces]
                linked = []
                for a, b in spaces:
                    above = [n for (c, d, n) in chains if min(b, d) - max(a, c) > 0.6 * (b - a)]
                    length = max(above, default=0) + 1
                    rivers += length == 3
                    linked.append((a, b, length))
                chains = linked
            else:
                chains = []
                run_on = before is not None and before[1] and y - before[0] < 18
                width = words[-1][1] - words[0][0]
                short += bool(run_on and not table and width < (PAGE - 2 * LEFT) / 10)
            before = (y, full and not table)
        if body and page.number + 1 < len(document):
            following = [(y, w) for y, w in lines_of(document[page.number + 1]) if 55 < y < 770]
            cut = before and before[1]
            if cut and following and following[0][1][-1][1] < PAGE - LEFT - 2.5:
                widows += 1
            if cut and len(body) > 1 and body[-1][0] - body[-2][0] > 20:
                widows += 1
    mean = statistics.mean(gaps)
    return {
        "pages": len(document),
        "KiB": round(path.stat().st_size / 1024),
        "lines' spaces": len(gaps),
        "spread": round(statistics.pstdev(gaps) / mean, 3),
        "mean em": round(mean / SIZE, 3),
        "widest em": round(max(gaps) / SIZE, 3),
        "rivers": rivers,
        "stacks": stacks,
        "short": short,
        "widows": widows,
    }


def sheet(paths, out, dpi):
    columns = []
    for name, path in paths.items():
        document = fitz.open(path)
        pictures = []
        for page in document:
            pixels = page.get_pixmap(dpi=dpi)
            pictures.append(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples))
        columns.append((name, pictures))
    width, height = columns[0][1][0].size
    rows = max(len(pictures) for _, pictures in columns)
    image = Image.new("RGB", (len(columns) * (width + 12), rows * (height + 12) + 24), "#888")
    draw = ImageDraw.Draw(image)
    for column, (name, pictures) in enumerate(columns):
        draw.text((column * (width + 12) + 8, 6), name, fill="white")
        for row, picture in enumerate(pictures):
            image.paste(picture, (column * (width + 12), 24 + row * (height + 12)))
    image.save(out)


def timed(work):
    times = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 1)


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/typography")
    out.mkdir(parents=True, exist_ok=True)
    parts = blocks(SOURCE.read_text())
    paths = {name: out / f"{name}.pdf" for name in ("delibera", "typst", "weasyprint")}
    said = subprocess.run(
        [SAMPLES, out, str(ROUNDS * 2), "deliberazione"], check=True, capture_output=True, text=True
    ).stdout
    (out / "deliberazione.pdf").rename(paths["delibera"])
    median = re.search(r"median ([\d.]+)ms", said)
    times = {"delibera": round(float(median[1]), 1)}
    # Each round is another act: a cache of the same one would measure nothing.
    markup = to_typst(parts)

    def with_typst(number):
        (out / "act.typ").write_text(re.sub(r"\b(n\. \d+|2020)\b", rf"\1-{number}", markup))
        typst.compile(
            str(out / "act.typ"), output=str(paths["typst"]), font_paths=[str(FONTS)],
            ignore_system_fonts=True, pdf_standards=["a-2a"],
        )

    times["typst"] = timed(with_typst)
    (out / "act.typ").write_text(markup)
    typst.compile(
        str(out / "act.typ"), output=str(paths["typst"]), font_paths=[str(FONTS)],
        ignore_system_fonts=True, pdf_standards=["a-2a"],
    )
    page = to_html(parts)

    def with_weasyprint(_):
        weasyprint.HTML(string=page).write_pdf(str(paths["weasyprint"]), pdf_variant="pdf/a-3a")

    times["weasyprint"] = timed(with_weasyprint)
    table = {name: {"ms": times[name], **figures(path)} for name, path in paths.items()}
    (out / "figures.json").write_text(json.dumps(table, indent=1) + "\n")
    keys = list(next(iter(table.values())))
    print(" " * 14 + "".join(f"{name:>12}" for name in table))
    for key in keys:
        print(f"{key:<14}" + "".join(f"{table[name][key]:>12}" for name in table))
    sheet(paths, out / "contact-sheet.png", 72)


if __name__ == "__main__":
    main()
