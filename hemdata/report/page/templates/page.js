// The page works without this script; with it, tables sort, points speak, the theme and the network can be chosen.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const label = (name) => data.labels[name] ?? name;

  // Theme: the system's, until a person chooses.
  const kept = () => { try { return localStorage.getItem("hemdata-theme"); } catch { return null; } };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setTheme = () => { root.dataset.theme = kept() ?? (dark.matches ? "dark" : "light"); };
  dark.addEventListener("change", setTheme);
  document.querySelector(".theme").addEventListener("click", () => {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("hemdata-theme", next); } catch { /* a page from a file may keep nothing */ }
    root.dataset.theme = next;
  });
  setTheme();

  // Network shown.
  const choices = [...document.querySelectorAll("[data-show]")];
  const show = (network) => {
    choices.forEach((button) => button.setAttribute("aria-pressed", button.dataset.show === network));
    document.querySelectorAll(".of-network").forEach((part) => { part.hidden = part.dataset.network !== network; });
  };
  choices.forEach((button) => button.addEventListener("click", () => show(button.dataset.show)));
  if (choices.length) show(choices[0].dataset.show);

  // Points: the nearest one to the pointer, its molecule on a card.
  const card = document.getElementById("card");
  const number = (x) => Math.abs(x).toLocaleString("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 }).replace(/,/g, "\u202f").replace(/^/, x < 0 ? "−" : "");
  const up = { size: (p) => Math.log10(Math.max(p.error, 1e-6)), parity: (p) => p.predicted, signed: (p) => p.predicted - p.reference };
  const points = (panel) => {
    const found = [];
    for (const [set, groups] of Object.entries(data.models[panel.network])) {
      for (const [group, values] of Object.entries(groups)) {
        if (panel.group && group !== panel.group) continue;
        values.forEach((one, i) => {
          if (!one) return;
          const [reference, predicted, error] = one;
          const point = { set, molecule: data.molecules[group][i], reference, predicted, error };
          for (const { kind, box: [left, top, width, height], x: [x0, x1], y: [y0, y1] } of panel.plots) {
            const x = kind === "size" ? point.molecule[2] : reference;
            const part = Math.min(1, Math.max(0, (y1 - up[kind](point)) / (y1 - y0)));
            found.push({ ...point, x: left + (width * (x - x0)) / (x1 - x0), y: top + height * part });
          }
        });
      }
    }
    return found.sort((a, b) => a.x - b.x || a.y - b.y);
  };
  const element = (name, text, parent) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    parent?.append(made);
    return made;
  };
  const fill = (point) => {
    const [id, smiles] = point.molecule;
    card.replaceChildren();
    if (data.drawings[smiles]) card.innerHTML = data.drawings[smiles].replace("<svg", '<svg aria-hidden="true"');
    element("b", id, card);
    element("code", smiles ?? "", card);
    const table = element("table", undefined, card);
    const lines = [["trained on", label(point.set)], ["reference", `${number(point.reference)} kcal/mol`],
      ["predicted", `${number(point.predicted)} kcal/mol`], ["absolute error", `${number(point.error)} kcal/mol`]];
    for (const [name, words] of lines) {
      const row = element("tr", undefined, table);
      element("th", name, row).scope = "row";
      element("td", words, row);
    }
    card.hidden = false;
  };
  const place = (x, y) => {
    const [width, height] = [card.offsetWidth, card.offsetHeight];
    const left = x + 18 + width > innerWidth ? x - 18 - width : x + 18;
    card.style.transform = `translate(${Math.max(8, Math.min(left, innerWidth - width - 8))}px, ${Math.max(8, Math.min(y - height / 2, innerHeight - height - 8))}px)`;
  };
  for (const svg of document.querySelectorAll("svg[data-panel]")) {
    const panel = JSON.parse(svg.dataset.panel);
    let known = null;
    let current = -1;
    const all = () => (known ??= points(panel));
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    ring.setAttribute("class", "ring");
    ring.setAttribute("r", 5.5);
    ring.style.display = "none";
    svg.append(ring);
    const toPage = (point) => new DOMPoint(point.x, point.y).matrixTransform(svg.getScreenCTM());
    const mark = (index) => {
      if (index !== current) {
        current = index;
        ring.style.display = "";
        ring.setAttribute("cx", all()[index].x);
        ring.setAttribute("cy", all()[index].y);
        fill(all()[index]);
      }
      const at = toPage(all()[index]);
      place(at.x, at.y);
    };
    const clear = () => { current = -1; ring.style.display = "none"; card.hidden = true; };
    svg.addEventListener("pointermove", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      let best = -1;
      let least = 20 ** 2;
      all().forEach((point, index) => {
        const far = (point.x - at.x) ** 2 + (point.y - at.y) ** 2;
        if (far < least) [best, least] = [index, far];
      });
      if (best < 0) clear(); else mark(best);
    });
    svg.addEventListener("pointerleave", clear);
    svg.addEventListener("blur", clear);
    svg.tabIndex = 0;
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (event.key === "Escape") clear();
      if (!step) return;
      event.preventDefault();
      mark((current + step + all().length) % all().length);
    });
  }

  // Downloads: plain CSV where the browser can unpack, the packed file where it cannot.
  for (const link of document.querySelectorAll(".downloads a")) {
    link.addEventListener("click", async (event) => {
      if (!("DecompressionStream" in window)) return;
      event.preventDefault();
      const packed = Uint8Array.from(atob(link.href.split(",")[1]), (letter) => letter.charCodeAt(0));
      const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
      const url = URL.createObjectURL(new Blob([await new Response(plain).blob()], { type: "text/csv" }));
      const save = document.createElement("a");
      save.href = url;
      save.download = link.download.replace(/\.gz$/, "");
      save.click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    });
  }
})();
