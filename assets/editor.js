// SPDX-License-Identifier: AGPL-3.0-or-later
// The editor of a proposal. Improvements only: the form works without this file.
"use strict";
(() => {
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const said = form.querySelector("[data-saved]");
  const shown = document.querySelector("[data-preview-body]");

  // --- Keeping what is typed, and showing it -------------------------------------------------
  const body = () => {
    const pairs = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") pairs.append(name, value);
    return pairs;
  };
  let waiting = 0;
  let under_way = false;
  let again = false;
  const keep = async () => {
    if (under_way) {
      again = true;
      return;
    }
    under_way = true;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: body(), credentials: "same-origin" });
      if (answer.ok) {
        shown.innerHTML = await answer.text();
        const now = new Date().toLocaleTimeString("it-IT", { hour: "2-digit", minute: "2-digit" });
        said.textContent = `Quanto scritto è conservato dalle ${now}, non ancora registrato.`;
        said.className = "help";
      } else if (answer.status === 401) {
        said.textContent = "La sessione è scaduta: continuare pure a scrivere. Al salvataggio si chiede di accedere e nulla va perduto.";
        said.className = "wrong";
      } else {
        said.textContent = "Il salvataggio automatico non è riuscito: usare il pulsante «Salva».";
        said.className = "wrong";
      }
    } catch {
      said.textContent = "La rete non risponde: si riprova da soli. Non chiudere la pagina.";
      said.className = "wrong";
      later(5000);
    }
    under_way = false;
    if (again) {
      again = false;
      later(300);
    }
  };
  const later = (delay = 1200) => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, delay);
  };
  form.addEventListener("input", (event) => {
    if (event.target.type !== "file") later();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && waiting) keep();
  });

  // --- The toolbar ------------------------------------------------------------------------------
  const put = (area, from, to, text, select) => {
    area.focus();
    area.setSelectionRange(from, to);
    // Keeps the history of undo where the browser still has it.
    if (!document.execCommand("insertText", false, text)) area.setRangeText(text, from, to, "end");
    if (select) area.setSelectionRange(from + select[0], from + select[1]);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const around = (mark) => (area) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const words = value.slice(from, to) || "testo";
    put(area, from, to, mark + words + mark, [mark.length, mark.length + words.length]);
  };
  const lines = (change) => (area) => {
    const { value } = area;
    const from = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    const next = value.indexOf("\n", area.selectionEnd);
    const to = next < 0 ? value.length : next;
    const text = value.slice(from, to).split("\n").map(change).join("\n");
    const before = from > 0 && value[from - 2] !== "\n" ? "\n" : "";
    put(area, from, to, before + text, [before.length, before.length + text.length]);
  };
  const table = (area) => {
    const { selectionEnd: at, value } = area;
    const gap = at === 0 || value.slice(0, at).endsWith("\n\n") ? "" : "\n\n";
    put(area, at, at, `${gap}| Voce | Euro |\n|---|---:|\n|  |  |\n\n`);
  };
  const gestures = [
    ["G", "Grassetto", "b", around("**")],
    ["C", "Corsivo", "i", around("*")],
    ["•", "Elenco puntato", "", lines((line) => `- ${line}`)],
    ["①", "Elenco numerato", "", lines((line, index) => `${index + 1}. ${line}`)],
    ["T", "Titolo", "", lines((line) => `## ${line.replace(/^#+ */, "")}`)],
    ["▦", "Tabella", "", table],
  ];
  const equip = (area) => {
    if (area.dataset.equipped) return;
    area.dataset.equipped = "1";
    const bar = document.createElement("div");
    bar.className = "toolbar";
    bar.setAttribute("role", "toolbar");
    const label = form.querySelector(`label[for="${area.id}"]`);
    bar.setAttribute("aria-label", `Formato: ${label ? label.firstChild.textContent.trim() : "testo"}`);
    bar.setAttribute("aria-controls", area.id);
    gestures.forEach(([sign, name, key, act], index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.title = key ? `${name} (Ctrl+${key.toUpperCase()})` : name;
      button.setAttribute("aria-label", name);
      button.tabIndex = index ? -1 : 0;
      button.addEventListener("click", () => act(area));
      bar.append(button);
    });
    bar.addEventListener("keydown", (event) => {
      const all = [...bar.children];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
      all.forEach((button) => { button.tabIndex = button === to ? 0 : -1; });
      to.focus();
    });
    area.before(bar);
    area.addEventListener("keydown", (event) => {
      const found = (event.ctrlKey || event.metaKey) && gestures.find(([, , key]) => key === event.key.toLowerCase());
      if (!found) return;
      event.preventDefault();
      found[3](area);
    });
    area.addEventListener("paste", (event) => {
      const html = event.clipboardData && event.clipboardData.getData("text/html");
      if (!html) return;
      const text = markdown(html);
      if (!text) return;
      event.preventDefault();
      put(area, area.selectionStart, area.selectionEnd, text);
    });
  };

  // --- Pasting from Word, Writer, a browser: HTML to Markdown -----------------------------------
  const plain = (text) => text.replace(/[\s\u00a0]+/g, " ").replace(/[\\*_<>[\]|`#]/g, "\\$&");
  const inline = (node) => {
    let out = "";
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) out += plain(child.data);
      if (child.nodeType !== Node.ELEMENT_NODE) continue;
      const name = child.tagName;
      if (["STYLE", "SCRIPT", "META", "TITLE", "O:P"].includes(name) || ignored(child)) continue;
      if (name === "BR") { out += "\\\n"; continue; }
      const words = inline(child);
      const style = child.getAttribute("data-style") || "";
      const bold = (/^(B|STRONG)$/.test(name) && !/font-weight:\s*normal/.test(style)) || /font-weight:\s*(bold|[6-9]00)/.test(style);
      const italic = /^(I|EM)$/.test(name) || /font-style:\s*italic/.test(style);
      out += marked(words, `${bold ? "**" : ""}${italic ? "*" : ""}`);
    }
    return out;
  };
  const marked = (words, mark) => {
    if (!mark || !words.trim() || words.trim().startsWith("**")) return words;
    const [, before, inside, after] = words.match(/^(\s*)([\s\S]*?)(\s*)$/);
    return `${before}${mark}${inside}${mark.split("").reverse().join("")}${after}`;
  };
  // Word writes the number of a list as words that its lists should ignore.
  const ignored = (element) => /mso-list:\s*Ignore/i.test(element.getAttribute("data-style") || "");
  // The number a sign says: its last part, so that `1.2.` is 2; a letter or a Roman numeral by what it
  // counts, and where it may be either by what comes before it. None where the sign is a mark.
  const ROMAN = { i: 1, v: 5, x: 10, l: 50, c: 100, d: 500, m: 1000 };
  const roman = (word) => {
    if (!/^(?=.)m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})$/.test(word)) return null;
    const values = [...word].map((letter) => ROMAN[letter]);
    return values.reduce((sum, value, at) => sum + (value < (values[at + 1] || 0) ? -value : value), 0);
  };
  const counted = (sign, before, symbols) => {
    const part = sign.split(/[^\p{L}\d]+/u).filter(Boolean).at(-1);
    if (!part) return null;
    const figures = part.match(/\d{1,9}/);
    if (figures) return Number(figures[0]);
    const word = part.toLowerCase();
    // Fonts of symbols draw their marks with letters, and an `o` is the bullet of the second level.
    if (sign.length === 1 && (symbols || !/[a-z]/.test(word) || (word === "o" && before !== 14))) return null;
    const repeated = /^([a-z])\1*$/.test(word) ? word.charCodeAt(0) - 96 + 26 * (word.length - 1) : null;
    const values = [repeated, roman(word)].filter((value) => value !== null);
    // «Primo», «Secondo»: words that count.
    if (!values.length || values.includes(before + 1)) return before + 1;
    return Math.min(...values);
  };
  // Last number of a list of Word at a level; deeper levels begin again under the next item.
  let numbers = new Map();
  const word_item = (element) => {
    const style = element.getAttribute("data-style") || "";
    const found = style.match(/mso-list:\s*(\S+)\s+level(\d)/i);
    if (!found) return null;
    const [, list, depth] = found;
    const mark = [...element.querySelectorAll("*")].find(ignored);
    const sign = mark ? mark.textContent.replace(/[\s\u00a0]/g, "") : "";
    const fonts = mark ? [mark, mark.parentElement, ...mark.children] : [];
    const symbols = fonts.some((part) => /symbol|wingdings|webdings/i.test(part.getAttribute("data-style") || ""));
    const number = counted(sign, numbers.get(`${list} ${depth}`) || 0, symbols);
    if (number !== null) numbers.set(`${list} ${depth}`, number);
    for (const key of numbers.keys()) {
      const [of, at] = key.split(" ");
      if (of === list && Number(at) > Number(depth)) numbers.delete(key);
    }
    return { level: Number(depth) - 1, number };
  };
  const item = (level, number, text) => ["item", `${"   ".repeat(Math.min(4, level))}${number === null ? "-" : `${Math.max(0, number)}.`} ${text}`];
  // A merged cell says its words once, where it begins: what it covers is left empty, so that every
  // column stays in its place. Word ends a table of merged cells with a row of no height.
  const grid = (element) => {
    const rows = [...element.rows].filter((row) => row.getAttribute("height") !== "0");
    const filled = rows.map(() => []);
    rows.forEach((row, down) => {
      let across = 0;
      for (const cell of row.cells) {
        while (filled[down][across] !== undefined) across += 1;
        const wide = Math.min(64, cell.colSpan);
        const end = down + (cell.rowSpan || rows.length);
        for (let y = down; y < end && rows[y]?.parentNode === row.parentNode; y += 1) {
          for (let x = across; x < across + wide; x += 1) filled[y][x] ??= "";
        }
        const text = inline(cell).replace(/\\\n/g, " ").replace(/\s+/g, " ").trim();
        // A head over two columns is the head of each: none is left without a name.
        for (let x = across; x < across + (down === 0 ? wide : 1); x += 1) filled[down][x] = text;
        across += wide;
      }
    });
    const wide = Math.max(0, ...filled.map((row) => row.length));
    if (!wide) return "";
    const line = (row) => `| ${Array.from({ length: wide }, (_, i) => row[i] || "").join(" | ")} |`;
    const out = filled.map(line);
    out.splice(1, 0, `|${"---|".repeat(wide)}`);
    return out.join("\n");
  };
  const blocks = (node, level, out) => {
    let loose = "";
    const flush = () => {
      if (loose.trim()) out.push(["p", loose.trim()]);
      loose = "";
    };
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) { loose += plain(child.data); continue; }
      if (child.nodeType !== Node.ELEMENT_NODE) continue;
      const name = child.tagName;
      if (["STYLE", "SCRIPT", "META", "TITLE", "HEAD", "LINK"].includes(name)) continue;
      if (/^H[1-6]$/.test(name)) { flush(); out.push(["p", `${"#".repeat(Math.min(4, Number(name[1])))} ${inline(child).trim()}`]); }
      else if (name === "TABLE") { flush(); out.push(["p", grid(child)]); }
      else if (name === "UL" || name === "OL") {
        flush();
        let number = name === "OL" ? child.start : null;
        for (const entry of child.children) {
          if (entry.tagName === "UL" || entry.tagName === "OL") { blocks({ childNodes: [entry] }, level + 1, out); continue; }
          const own = entry.cloneNode(true);
          own.querySelectorAll("ul,ol").forEach((list) => list.remove());
          out.push(item(level, number, inline(own).replace(/\\\n/g, " ").trim()));
          if (number !== null) number += 1;
          const inner = [...entry.children].filter((element) => element.tagName === "UL" || element.tagName === "OL");
          if (inner.length) blocks({ childNodes: inner }, level + 1, out);
        }
      } else if (name === "P") {
        flush();
        const listed = word_item(child);
        const text = inline(child).trim();
        if (listed && text) out.push(item(listed.level, listed.number, text.replace(/\\\n/g, " ")));
        else if (text) out.push(["p", text]);
      } else if (/^(DIV|SECTION|ARTICLE|BODY|BLOCKQUOTE|CENTER|MAIN)$/.test(name) || child.querySelector("p,table,ul,ol,h1,h2,h3")) {
        flush();
        blocks(child, level, out);
      } else {
        const shell = document.createElement("span");
        shell.append(child.cloneNode(true));
        loose += inline(shell);
      }
    }
    flush();
  };
  const markdown = (html) => {
    // Styles are read, never applied: the policy of the page forbids them.
    const bare = html
      .replace(/<style[\s\S]*?<\/style>/gi, "")
      .replace(/<!(?:--)?\[if !supportLists\](?:--)?>([\s\S]*?)<!(?:--)?\[endif\](?:--)?>/gi, "<span style='mso-list:Ignore'>$1</span>")
      .replace(/(\s)style(\s*=)/gi, "$1data-style$2");
    const page = new DOMParser().parseFromString(bare, "text/html");
    const out = [];
    numbers = new Map();
    blocks(page.body, 0, out);
    return out.map(([kind, text], i) => (i ? (kind === "item" && out[i - 1][0] === "item" ? "\n" : "\n\n") : "") + text).join("");
  };

  // --- Points: added in place, in the order one wants -----------------------------------------
  const points = form.querySelector(".points");
  const fields = () => [...points.querySelectorAll(".field")];
  const renumber = () => {
    fields().forEach((field, index) => {
      const area = field.querySelector("textarea");
      area.id = `punto-${index + 1}`;
      const label = field.querySelector("label");
      label.htmlFor = area.id;
      label.textContent = `Punto ${index + 1}`;
      const bar = field.querySelector(".toolbar");
      if (bar) { bar.setAttribute("aria-label", `Formato: Punto ${index + 1}`); bar.setAttribute("aria-controls", area.id); }
      field.querySelectorAll("[data-move]").forEach((button) => {
        const words = { up: "Sposta su", down: "Sposta giù" }[button.dataset.move];
        button.setAttribute("aria-label", `${words} il punto ${index + 1}`);
      });
    });
  };
  const movable = (field) => {
    for (const [way, sign] of [["up", "↑"], ["down", "↓"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.move = way;
      button.textContent = sign;
      button.className = "point-move";
      button.addEventListener("click", () => {
        const other = way === "up" ? field.previousElementSibling : field.nextElementSibling;
        if (!other || !other.classList.contains("field")) return;
        if (way === "up") other.before(field);
        else other.after(field);
        renumber();
        button.focus();
        later();
      });
      field.querySelector("label").after(button);
    }
  };
  points.querySelector("[data-add-point]").addEventListener("click", (event) => {
    event.preventDefault();
    const last = fields().at(-1);
    const fresh = last.cloneNode(true);
    fresh.querySelectorAll(".toolbar, [data-move]").forEach((element) => element.remove());
    const area = fresh.querySelector("textarea");
    area.value = "";
    delete area.dataset.equipped;
    last.after(fresh);
    movable(fresh);
    renumber();
    equip(area);
    renumber();
    area.focus();
  });
  fields().forEach(movable);
  renumber();
  form.querySelectorAll("textarea[data-markdown]").forEach(equip);

  // --- Files: dragged, with their progress ------------------------------------------------------
  const drop = form.querySelector("[data-drop]");
  const chosen = drop.querySelector("input[type=file]");
  const bar = drop.querySelector("progress");
  const send = () => {
    const data = new FormData(form);
    data.append("fai", "carica");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    bar.hidden = false;
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    // The page that comes back is the form with its files, or with what is wrong with one.
    request.addEventListener("load", () => {
      if (request.status === 200) { window.location.assign(form.action); return; }
      bar.hidden = true;
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const refusal = page.querySelector("#diniego .refusal-text");
      const expired = "La sessione è scaduta e i file non sono stati caricati: salvare per accedere di nuovo, poi sceglierli ancora.";
      const why = request.status === 401 ? expired : "I file non sono stati caricati: ripetere.";
      said.textContent = refusal ? refusal.textContent : why;
      said.className = "wrong";
      let told = drop.querySelector("[role=alert]");
      if (!told) { told = document.createElement("p"); told.className = "wrong"; told.setAttribute("role", "alert"); drop.prepend(told); }
      told.textContent = said.textContent;
      chosen.value = "";
    });
    request.addEventListener("error", () => {
      bar.hidden = true;
      said.textContent = "La rete non risponde: i file non sono stati caricati.";
      said.className = "wrong";
    });
    request.send(data);
  };
  chosen.addEventListener("change", () => { if (chosen.files.length) send(); });
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("drop-over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("drop-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    chosen.files = event.dataTransfer.files;
    send();
  });
})();
