# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same act by others: `peers.py WHAT KEYS OUT`, in the protocol of acts.rs.

WHAT is `typst` or `weasyprint`. The text is the sample deliberation of crates/documents, turned into
their language; the font is the same; pyHanko signs with an RSA-2048 key, without a visible stamp.
Imports, fonts, compiler and keys are ready before the first number.
"""

import html
import re
import sys
import time
from io import BytesIO
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import NoOpStampStyle

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "crates/documents/tests/samples/deliberazione.md").read_text("utf-8")
FONTS = ROOT / "crates/documents/assets/fonts"
MARKDOWN = MarkdownIt("commonmark").enable("table")


def blocks(text: str) -> list[tuple[str, str]]:
    """Directive and Markdown under it, in order; no directive is an empty name."""
    found = [("", "")]
    for line in text.splitlines():
        if line == ":::":
            found.append(("", ""))
        elif line.startswith("::: "):
            found.append((line[4:], ""))
        else:
            name, body = found[-1]
            found[-1] = (name, f"{body}{line}\n")
    return [(name, body) for name, body in found if name.startswith("firma ") or body.strip()]


def signature(name: str) -> tuple[str, str]:
    """Caption and name of a signature box."""
    values = dict(re.findall(r'(\w+)="([^"]*)"', name))
    return values["titolo"], values["nome"]


# --- WeasyPrint ---------------------------------------------------------------------------------------

STYLE = f"""
@font-face {{ font-family: T; src: url('{(FONTS / "TitilliumWeb-Regular.ttf").as_uri()}') }}
@font-face {{ font-family: T; font-weight: bold; src: url('{(FONTS / "TitilliumWeb-Bold.ttf").as_uri()}') }}
@font-face {{ font-family: T; font-style: italic; src: url('{(FONTS / "TitilliumWeb-Italic.ttf").as_uri()}') }}
@page {{ size: A4; margin: 60pt 78pt; @bottom-center {{ content: counter(page) ' di ' counter(pages); font: 8.2pt T }} }}
body {{ font: 11pt/15.5pt T; text-align: justify; hyphens: auto }}
h1 {{ font-size: 17pt; line-height: 22pt }} h2 {{ font-size: 13.4pt; line-height: 18pt }} p {{ margin: 0 0 7pt }}
table {{ border-collapse: collapse; width: 100%; font-size: 9.8pt; line-height: 13.2pt }}
td, th {{ border: 0.5pt solid #bcc4cc; padding: 3.6pt 5pt; text-align: left }} thead {{ display: table-header-group }}
.centrato {{ text-align: center }} .riquadro {{ border: 0.5pt solid #bcc4cc; padding: 10pt }} .nota {{ font-size: 8.8pt }}
.firma {{ display: inline-block; width: 48%; height: 80pt; text-align: center }}
"""


def as_html(number: str) -> str:
    parts = []
    for name, body in blocks(TEXT.replace("838", number)):
        if name.startswith("firma "):
            caption, person = map(html.escape, signature(name))
            parts.append(f'<div class="firma">{caption}<br>{person}</div>')
        else:
            parts.append(f'<div class="{name}">{MARKDOWN.render(body)}</div>')
    title = f"Deliberazione n. {number}"
    return f'<html lang="it"><head><title>{title}</title></head><body>{"".join(parts)}</body></html>'


def weasyprint():
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    style = CSS(string=STYLE, font_config=fonts)

    def render(number: str) -> bytes:
        document = HTML(string=as_html(number))
        return document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/a-3a", pdf_tags=True)

    return render


# --- Typst --------------------------------------------------------------------------------------------

PREAMBLE = """
#set document(title: "Deliberazione n. {number}", date: datetime(year: 2024, month: 9, day: 1))
#set page(paper: "a4", margin: (x: 78pt, y: 60pt), numbering: "1 / 1")
#set text(font: "Titillium Web", size: 11pt, lang: "it", hyphenate: true)
#set par(justify: true, leading: 0.62em, spacing: 11pt)
#show table: set text(size: 9.8pt)
#show table: set par(justify: false)
#set table(stroke: 0.5pt + rgb("#bcc4cc"), inset: (x: 5pt, y: 3.6pt))
"""


def literal(text: str) -> str:
    return re.sub(r"([\\#$*_`<>@=\[\]~/+-])", r"\\\1", text)


def as_typst(number: str) -> str:
    parts = [PREAMBLE.replace("{number}", number)]
    for name, body in blocks(TEXT.replace("838", number)):
        if name.startswith("firma "):
            caption, person = map(literal, signature(name))
            parts.append(f"#box(width: 48%, height: 80pt, align(center)[{caption} \\ {person}])")
            continue
        inside = "".join(map(node, SyntaxTreeNode(MARKDOWN.parse(body)).children))
        wrapped = {
            "centrato": f"#align(center)[{inside}]",
            "riquadro": f'#block(stroke: 0.5pt + rgb("#bcc4cc"), inset: 10pt, width: 100%)[{inside}]',
            "nota": f"#text(size: 8.8pt)[{inside}]",
        }
        parts.append(wrapped.get(name, inside))
    return "\n\n".join(parts)


def node(n: SyntaxTreeNode) -> str:
    """A node of the Markdown tree as Typst markup."""
    inside = "".join(map(node, n.children)) if n.children else ""
    match n.type:
        case "text":
            return literal(n.content)
        case "softbreak":
            return " "
        case "strong":
            return f"#strong[{inside}]"
        case "em":
            return f"#emph[{inside}]"
        case "link":
            return f'#link("{n.attrs["href"]}")[{inside}]'
        case "paragraph":
            return f"{inside}\n\n"
        case "heading":
            return f"#heading(level: {n.tag[1]})[{inside}]\n\n"
        case "bullet_list":
            return f"#list({', '.join(f'[{node(item)}]' for item in n.children)})\n\n"
        case "ordered_list":
            return f"#enum({', '.join(f'[{node(item)}]' for item in n.children)})\n\n"
        case "table":
            rows = [row for part in n.children for row in part.children]
            cells = [[f"[{''.join(map(node, cell.children))}]" for cell in row.children] for row in rows]
            header = f"table.header({', '.join(cells[0])})"
            body = ", ".join(cell for row in cells[1:] for cell in row)
            columns = ", ".join(["1fr"] * len(cells[0]))
            return f"#table(columns: ({columns}), {header}, {body})\n\n"
        case _:
            return inside


def typst():
    import typst as library

    compiler = library.Compiler(font_paths=[str(FONTS)], ignore_system_fonts=True)

    def render(number: str) -> bytes:
        return compiler.compile(input=as_typst(number).encode(), pdf_standards=["a-2a"])

    return render


# --- Signing and the protocol -------------------------------------------------------------------------


def sign(pdf: bytes, signer: signers.SimpleSigner) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    settings = signers.PdfSignatureMetadata(
        field_name="firma", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    place = fields.SigFieldSpec("firma", on_page=-1, box=(78, 100, 290, 150))
    pdf_signer = signers.PdfSigner(settings, signer, stamp_style=NoOpStampStyle(), new_field_spec=place)
    return pdf_signer.sign_pdf(writer).getvalue()


def main() -> None:
    what, keys, out = sys.argv[1:]
    render = {"typst": typst, "weasyprint": weasyprint}[what]()
    signer = signers.SimpleSigner.load(f"{keys}/rsa-2048.pem", f"{keys}/rsa-2048-certificate.pem")
    made = b""
    for line in sys.stdin:
        start = time.perf_counter_ns()
        made = sign(render(line.strip()), signer)
        print(time.perf_counter_ns() - start, flush=True)
    Path(out).write_bytes(made)


if __name__ == "__main__":
    main()
