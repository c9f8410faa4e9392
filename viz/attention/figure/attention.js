"use strict";
// Weights are thousandths, 0 to 1000, sent as two planes of bytes (low, high), deflated, in base64.
(async () => {
  const $ = (id) => document.getElementById(id);
  const D = JSON.parse($("data").textContent);
  const T = D.texts, N = D.labels.length, HEADS = D.heads, LAYERS = D.layers.length;
  const HUES = ["#4477AA", "#C8475A", "#228833", "#94812B", "#2A8CAF", "#AA3377", "#BB5500", "#6B6B6B",
                "#332288", "#2E8B7B", "#7A7A1E", "#882255"];
  const canvas = $("picture"), scroll = $("scroll"), says = $("says"), zoom = $("zoom");
  const thousandths = await unpack($("weights").textContent);
  const three = new Intl.NumberFormat(D.lang, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const two = new Intl.NumberFormat(D.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const hue = (head) => HUES[head % HUES.length];
  const weight = (l, h, i, j) => thousandths[((l * HEADS + h) * N + i) * N + j] / 1000;
  const state = {
    view: D.view, layer: Math.min(D.layer, LAYERS - 1), on: new Set(D.on), pair: "all",
    at: null,      // head view: {side, token}; map view: {row, column}; model view: {layer, head}
  };
  let hits = () => null;   // from a point of the picture to what is there
  const thumbs = new Map();

  async function unpack(base64) {
    const letters = atob(base64), bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const planes = new Uint8Array(await new Response(stream).arrayBuffer());
    const half = planes.length / 2, out = new Uint16Array(half);
    for (let i = 0; i < half; i++) out[i] = planes[i] | (planes[half + i] << 8);
    return out;
  }

  // ---- the chosen rows and columns -------------------------------------------------------------------------
  const of = (segment) => D.labels.map((_, i) => i).filter((i) => segment === null || D.segments[i] === segment);
  const rows = () => of({ all: null, aa: 0, ab: 0, ba: 1, bb: 1 }[state.pair]);
  const columns = () => of({ all: null, aa: 0, ab: 1, ba: 0, bb: 1 }[state.pair]);
  const heads = () => [...state.on].sort((a, b) => a - b);
  const headName = (l, h) => HEADS > 1 ? `${T.layer} ${D.layers[l]} · ${T.head} ${h + 1}` : `${T.layer} ${D.layers[l]}`;

  // ---- two pens with the same strokes: the screen, and an SVG file -----------------------------------------
  class Screen {
    constructor(target, width, height) {
      const most = 8192, dpr = Math.min(window.devicePixelRatio || 1, 2, most / Math.max(width, height));
      target.width = Math.round(width * dpr);
      target.height = Math.round(height * dpr);
      target.style.width = `${width}px`;
      target.style.height = `${height}px`;
      this.c = target.getContext("2d");
      this.c.scale(dpr, dpr);
      this.rect(0, 0, width, height, { fill: css("--ground") });
    }
    rect(x, y, w, h, { fill, stroke, alpha = 1, line = 1 }) {
      this.c.globalAlpha = alpha;
      if (fill) { this.c.fillStyle = fill; this.c.fillRect(x, y, w, h); }
      if (stroke) { this.c.strokeStyle = stroke; this.c.lineWidth = line; this.c.strokeRect(x, y, w, h); }
    }
    line(x1, y1, x2, y2, { stroke, alpha, line }) {
      this.c.globalAlpha = alpha;
      this.c.strokeStyle = stroke;
      this.c.lineWidth = line;
      this.c.beginPath(); this.c.moveTo(x1, y1); this.c.lineTo(x2, y2); this.c.stroke();
    }
    text(x, y, words, { fill, size = 14, align = "left", bold = false, turn = 0, room = 1e9 }) {
      const c = this.c;
      c.globalAlpha = 1;
      c.font = font(size, bold);
      c.fillStyle = fill;
      c.textAlign = align;
      c.textBaseline = "middle";
      c.save();
      c.translate(x, y);
      if (turn) c.rotate(turn * Math.PI / 180);
      c.fillText(fit(words, size, bold, room), 0, 0);
      c.restore();
    }
    image(source, x, y, w, h) {
      this.c.globalAlpha = 1;
      this.c.imageSmoothingEnabled = false;
      this.c.drawImage(source, x, y, w, h);
    }
  }
  class Svg {
    constructor(width, height) {
      this.parts = [`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
                    `viewBox="0 0 ${width} ${height}" font-family="sans-serif">`];
      this.rect(0, 0, width, height, { fill: css("--ground") });
    }
    rect(x, y, w, h, { fill = "none", stroke = "none", alpha = 1, line = 1 }) {
      this.parts.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="${fill}" ` +
                      `stroke="${stroke}" stroke-width="${line}" opacity="${n(alpha)}"/>`);
    }
    line(x1, y1, x2, y2, { stroke, alpha, line }) {
      this.parts.push(`<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${stroke}" ` +
                      `stroke-width="${n(line)}" opacity="${n(alpha)}"/>`);
    }
    text(x, y, words, { fill, size = 14, align = "left", bold = false, turn = 0, room = 1e9 }) {
      const anchor = { left: "start", center: "middle", right: "end" }[align];
      this.parts.push(`<text transform="translate(${n(x)} ${n(y)}) rotate(${turn})" dy="0.35em" fill="${fill}" ` +
                      `font-size="${size}" font-weight="${bold ? 700 : 400}" text-anchor="${anchor}">` +
                      `${escape(fit(words, size, bold, room))}</text>`);
    }
    image(source, x, y, w, h) {
      this.parts.push(`<image x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" ` +
                      `style="image-rendering:pixelated" href="${source.toDataURL()}"/>`);
    }
    toString() { return this.parts.join("\n") + "\n</svg>\n"; }
  }
  const n = (x) => Math.round(x * 100) / 100;
  const escape = (words) => words.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = (size, bold) => `${bold ? "700 " : ""}${size}px "Atkinson Hyperlegible Next", system-ui, sans-serif`;
  const ruler = document.createElement("canvas").getContext("2d");
  function measure(words, size, bold) { ruler.font = font(size, bold); return ruler.measureText(words).width; }
  function fit(words, size, bold, room) {
    if (measure(words, size, bold) <= room) return words;
    let kept = [...words];
    while (kept.length > 1 && measure(kept.join("") + "…", size, bold) > room) kept.pop();
    return kept.join("") + "…";
  }

  // ---- the three views -------------------------------------------------------------------------------------
  function draw(pen) {
    const width = Math.max(280, scroll.clientWidth);
    return { model: drawModel, head: drawHead, map: drawMap }[state.view](pen, width);
  }

  function drawModel(pen, width) {
    const left = 34, top = 22, cell = Math.min(76, (width - left) / HEADS), inner = cell - Math.max(2, cell * 0.08);
    const size = [left + cell * HEADS, top + cell * LAYERS];
    if (!pen) return size;
    for (let h = 0; HEADS > 1 && h < HEADS; h++)
      pen.text(left + (h + 0.5) * cell, 11, String(h + 1), { fill: css("--dim"), size: 13, align: "center" });
    for (let l = 0; l < LAYERS; l++) {
      pen.text(left - 8, top + (l + 0.5) * cell, String(D.layers[l]), { fill: css("--dim"), size: 13, align: "right" });
      for (let h = 0; h < HEADS; h++) {
        const x = left + h * cell, y = top + l * cell;
        pen.image(thumb(l, h, Math.ceil(inner * Math.min(2, window.devicePixelRatio || 1))), x, y, inner, inner);
        const chosen = state.at && state.at.layer === l && state.at.head === h;
        const open = l === state.layer && state.on.has(h);
        if (chosen || open)
          pen.rect(x - 1, y - 1, inner + 2, inner + 2, { stroke: css(chosen ? "--ink" : "--accent"), line: 2.5 });
      }
    }
    hits = (x, y) => {
      const h = Math.floor((x - left) / cell), l = Math.floor((y - top) / cell);
      return h >= 0 && h < HEADS && l >= 0 && l < LAYERS ? { layer: l, head: h } : null;
    };
    return size;
  }

  // A head as a small picture; where it has fewer pixels than weights, each pixel is the largest weight below it.
  function thumb(l, h, most) {
    const R = rows(), C = columns(), high = Math.min(R.length, most), wide = Math.min(C.length, most);
    const key = [l, h, state.pair, high, wide].join();
    if (thumbs.has(key)) return thumbs.get(key);
    const small = document.createElement("canvas");
    small.width = wide;
    small.height = high;
    const pixels = new Uint16Array(wide * high), base = (l * HEADS + h) * N * N;
    const column = Uint16Array.from(C, (_, c) => Math.floor(c * wide / C.length));
    for (let r = 0; r < R.length; r++) {
      const y = Math.floor(r * high / R.length) * wide, from = base + R[r] * N;
      for (let c = 0; c < C.length; c++) {
        const p = y + column[c], w = thousandths[from + C[c]];
        if (w > pixels[p]) pixels[p] = w;
      }
    }
    const data = new ImageData(wide, high), ink = new Uint32Array(data.data.buffer), inks = colours().bytes;
    for (let p = 0; p < pixels.length; p++) ink[p] = inks[pixels[p]];
    small.getContext("2d").putImageData(data, 0, 0);
    thumbs.set(key, small);
    return small;
  }
  const shade = (w) => Math.sqrt(w);   // faint weights stay visible
  const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  let palette = null;   // the colour of each thousandth, as CSS and as the bytes of a pixel; null after a theme change
  function colours() {
    if (palette) return palette;
    const low = rgb(css("--soft")), top = rgb(css("--accent"));
    palette = { css: [], bytes: new Uint32Array(1001) };
    const bytes = new Uint8Array(palette.bytes.buffer);
    for (let k = 0; k <= 1000; k++) {
      const mixed = low.map((x, c) => Math.round(x + shade(k / 1000) * (top[c] - x)));
      palette.css.push(`rgb(${mixed.join(" ")})`);
      bytes.set([...mixed, 255], 4 * k);
    }
    return palette;
  }

  function drawHead(pen, width) {
    const R = rows(), C = columns(), on = heads();
    const step = N > 200 ? 15 : 22, type = N > 200 ? 12 : 15, top = 26;
    const wide = Math.min(width, 760), label = Math.min(170, wide * 0.33), number = on.length === 1 ? 46 : 0;
    const x1 = label + 6, x2 = wide - label - 6 - number, size = [wide, top + step * Math.max(R.length, C.length) + 4];
    if (!pen) return size;
    const at = state.at && state.at.side ? state.at : null;
    const y = (k) => top + (k + 0.5) * step;
    pen.text(x1 - 10, 12, T.looks, { fill: css("--dim"), size: 13, align: "right", room: label });
    pen.text(x2 + 10, 12, T.looked, { fill: css("--dim"), size: 13, room: label });
    for (const h of on) {
      for (let r = 0; r < R.length; r++) {
        if (at && at.side === "left" && at.token !== R[r]) continue;
        for (let c = 0; c < C.length; c++) {
          if (at && at.side === "right" && at.token !== C[c]) continue;
          const w = weight(state.layer, h, R[r], C[c]);
          if (w < (at ? 0.001 : 0.02)) continue;
          pen.line(x1, y(r), x2, y(c), { stroke: hue(h), alpha: Math.min(1, 0.06 + w), line: 0.6 + 3 * w });
        }
      }
    }
    const side = (list, x, align, name) => list.forEach((token, k) => {
      const here = at && at.side === name && at.token === token;
      if (here) pen.rect(align === "right" ? x - label : x - 2, y(k) - step / 2, label + 2, step, { fill: css("--soft") });
      if (at && at.side !== name) {
        const slot = (label + 4) / on.length;
        on.forEach((h, s) => {
          const w = name === "right" ? weight(state.layer, h, at.token, token) : weight(state.layer, h, token, at.token);
          const edge = align === "right" ? x - label + s * slot : x - 2 + s * slot;
          if (w > 0) pen.rect(edge, y(k) - step / 2 + 1, slot - 1, step - 2, { fill: hue(h), alpha: 0.75 * shade(w) });
          if (number && w >= 0.0005 && name === "right")
            pen.text(wide, y(k), three.format(w), { fill: css("--ink"), size: 13, align: "right" });
        });
      }
      pen.text(x, y(k), D.labels[token], { fill: css("--ink"), size: type, align, bold: here, room: label - 4 });
    });
    side(R, x1 - 8, "right", "left");
    side(C, x2 + 8, "left", "right");
    hits = (px, py) => {
      const k = Math.floor((py - top) / step), left = px < wide / 2, list = left ? R : C;
      return k >= 0 && k < list.length ? { side: left ? "left" : "right", token: list[k] } : null;
    };
    return size;
  }

  function drawMap(pen, width) {
    const R = rows(), C = columns(), h = heads()[0], type = 14;
    const longest = Math.max(...R.map((i) => measure(D.labels[i], type, false)));
    const left = Math.min(longest + 10, width * 0.3, 150), top = Math.min(longest + 10, 110);
    const cell = Math.max(R.length > 64 ? 6 : 15, Math.min(46, (width - left - 4) / C.length));
    const size = [Math.max(left + cell * C.length + 4, 200), top + cell * R.length + 4];
    if (!pen) return size;
    const at = state.at && state.at.row !== undefined ? state.at : null, every = Math.ceil(15 / cell);
    const apart = R.length * C.length <= 2500;   // above that, one picture rather than a rectangle a cell
    if (!apart) pen.image(thumb(state.layer, h, N), left, top, cell * C.length, cell * R.length);
    R.forEach((i, r) => {
      const here = at && at.row === i;
      if (r % every === 0 || here)
        pen.text(left - 5, top + (r + 0.5) * cell, D.labels[i],
                 { fill: css(here ? "--ink" : "--dim"), size: type, align: "right", bold: here, room: left - 8 });
      if (!apart) return;
      C.forEach((j, c) => {
        const w = weight(state.layer, h, i, j);
        pen.rect(left + c * cell, top + r * cell, cell - 1, cell - 1, { fill: colours().css[Math.round(w * 1000)] });
        if (cell >= 38)
          pen.text(left + (c + 0.5) * cell - 0.5, top + (r + 0.5) * cell, two.format(w),
                   { fill: css(shade(w) > 0.55 ? "--ground" : "--ink"), size: 13, align: "center" });
      });
    });
    C.forEach((j, c) => {
      const here = at && at.column === j;
      if (c % every === 0 || here)
        pen.text(left + (c + 0.5) * cell, top - 5, D.labels[j],
                 { fill: css(here ? "--ink" : "--dim"), size: type, turn: -90, bold: here, room: top - 8 });
    });
    if (at && R.includes(at.row) && C.includes(at.column))
      pen.rect(left + C.indexOf(at.column) * cell, top + R.indexOf(at.row) * cell, cell - 1, cell - 1,
               { stroke: css("--ink"), line: 2 });
    hits = (x, y) => {
      const r = Math.floor((y - top) / cell), c = Math.floor((x - left) / cell);
      return r >= 0 && r < R.length && c >= 0 && c < C.length ? { row: R[r], column: C[c] } : null;
    };
    return size;
  }

  // ---- words for what is pointed at ------------------------------------------------------------------------
  function sentence() {
    const at = state.at, l = state.layer, h = heads()[0];
    if (state.view === "model")
      return at ? `${headName(at.layer, at.head)}: ${strongest(at.layer, at.head)}` : T.modelHelp;
    if (state.view === "map")
      return at ? `${headName(l, h)}: ${D.labels[at.row]} → ${D.labels[at.column]}: ` +
                  three.format(weight(l, h, at.row, at.column)) : `${headName(l, h)}. ${T.mapHelp}`;
    if (!at) return `${T.layer} ${D.layers[l]}. ${T.headHelp}`;
    return heads().map((k) => `${headName(l, k)}: ${best(l, k, at).map(told).join(", ")}`).slice(0, 3).join(" · ");
  }
  const told = ([i, j, w]) => `${D.labels[i]} → ${D.labels[j]} ${three.format(w)}`;
  function best(l, h, at, count = 3) {
    const pairs = at.side === "left"
      ? columns().map((j) => [at.token, j, weight(l, h, at.token, j)])
      : rows().map((i) => [i, at.token, weight(l, h, i, at.token)]);
    return pairs.sort((a, b) => b[2] - a[2]).slice(0, count);
  }
  function strongest(l, h) {
    let top = [0, 0, -1];
    for (const i of rows()) for (const j of columns()) {
      const w = weight(l, h, i, j);
      if (w > top[2]) top = [i, j, w];
    }
    return told(top);
  }

  function table() {
    const box = $("twin").querySelector("div");
    box.replaceChildren();
    if (!$("twin").open) return;
    const grid = document.createElement("table"), line = (cells, tag) => {
      const tr = grid.insertRow();
      for (const words of cells) tr.appendChild(document.createElement(tag)).textContent = words;
    };
    if (state.view === "model") {
      line([T.layer, T.head, T.strongest], "th");
      for (let l = 0; l < LAYERS; l++) for (let h = 0; h < HEADS; h++) line([D.layers[l], h + 1, strongest(l, h)], "td");
    } else {
      line([T.head, T.looks, T.looked, "", ""], "th");
      for (const h of state.view === "map" ? heads().slice(0, 1) : heads()) for (const i of rows())
        line([h + 1, D.labels[i], ...best(state.layer, h, { side: "left", token: i }, 5)
          .map(([, j, w]) => `${D.labels[j]} ${three.format(w)}`)], "td");
    }
    box.append(grid);
  }

  // ---- controls --------------------------------------------------------------------------------------------
  function button(words, pressed, act, name) {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = words;
    if (pressed !== null) b.setAttribute("aria-pressed", pressed);
    if (name) b.setAttribute("aria-label", name);
    b.addEventListener("click", act);
    return b;
  }
  function group(name, ...items) {
    const box = document.createElement("div");
    box.className = "group";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
    box.append(...items);
    return box;
  }
  function select(name, options, value, act) {
    const label = document.createElement("label"), box = document.createElement("select"), said = document.createElement("span");
    said.className = "name";
    said.textContent = name;
    for (const [key, words] of options) box.add(new Option(words, key, false, String(key) === String(value)));
    box.addEventListener("change", () => act(box.value));
    label.append(said, box);
    return label;
  }
  function bar() {
    const focused = document.activeElement && document.activeElement.dataset.key, parts = [];
    parts.push(group(T.view, ...["model", "head", "map"].map((view) => {
      const b = button(T[view], state.view === view, () => show({ view, at: null }));
      b.dataset.key = b.dataset.view = view;
      return b;
    })));
    if (state.view !== "model") {
      parts.push(select(T.layer, D.layers.map((name, l) => [l, name]), state.layer, (l) => show({ layer: +l, at: null })));
      if (HEADS > 1) {
        const chips = [...Array(HEADS).keys()].map((h) => {
          const b = button(String(h + 1), state.on.has(h), () => toggle(h), `${T.head} ${h + 1}`);
          b.className = "head";
          b.dataset.key = `head${h}`;
          b.style.setProperty("--hue", hue(h));
          return b;
        });
        const said = document.createElement("span");
        said.className = "name";
        said.textContent = T.head;
        if (state.view === "head")
          chips.push(button(T.all, null, () => show({ on: new Set(Array(HEADS).keys()) })));
        parts.push(group(T.head, said, ...chips));
      }
    }
    if (D.segments.includes(1))
      parts.push(select(T.pair, [["all", T.all], ["aa", "A → A"], ["ab", "A → B"], ["ba", "B → A"], ["bb", "B → B"]],
                        state.pair, (pair) => show({ pair, at: null })));
    parts.push(group(T.save, button("PNG", null, () => canvas.toBlob((blob) => save(blob, "png"))),
                     button("SVG", null, () => save(new Blob([drawn()], { type: "image/svg+xml" }), "svg"))));
    $("bar").replaceChildren(...parts);
    if (focused) $("bar").querySelector(`[data-key="${focused}"]`)?.focus();
  }
  function toggle(h) {
    if (state.view === "map") return show({ on: new Set([h]) });
    const on = new Set(state.on);
    if (!on.delete(h)) on.add(h);
    if (on.size) show({ on });
  }
  function drawn() {
    const pen = new Svg(...draw(null));
    draw(pen);
    return pen.toString();
  }
  function save(blob, kind) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `paloscopio-${state.view}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function show(change) {
    const bare = Object.keys(change).join() === "at";   // only the pointer moved: the controls stay as they are
    Object.assign(state, change);
    if (!bare) { bar(); zoom.hidden = true; }
    paint();
    if (!bare) { table(); tell({ chosen: chosen() }); }
  }
  // A page that holds this one in a frame hears what is chosen and may choose; alone, nobody listens.
  const chosen = () => ({ view: state.view, layer: state.layer, head: heads()[0] });
  function tell(news) { if (!obeying && parent !== window) parent.postMessage({ paloscopio: news }, "*"); }
  let obeying = false;
  addEventListener("message", (event) => {
    const asked = event.source === parent && event.data.paloscopio && event.data.paloscopio.choose;
    if (!asked || same(asked, chosen())) return;
    obeying = true;
    show({ view: asked.view, layer: asked.layer, on: new Set([asked.head]), at: null });
    obeying = false;
  });
  function paint() {
    draw(new Screen(canvas, ...draw(null)));
    says.textContent = sentence();
    canvas.setAttribute("aria-label", `${T[state.view]}. ${says.textContent}`);
  }

  function enlarge(at, event) {
    zoom.hidden = !at;
    if (!at) return;
    const small = zoom.querySelector("canvas"), side = 190;
    const pen = new Screen(small, side, side + 20);
    pen.text(2, 9, headName(at.layer, at.head), { fill: css("--ink"), size: 14, bold: true });
    pen.image(thumb(at.layer, at.head, side * 2), 0, 20, side, side);
    const right = event.pageX + side + 30 < document.documentElement.clientWidth;
    zoom.style.left = `${Math.max(0, right ? event.pageX + 16 : event.pageX - side - 26)}px`;
    zoom.style.top = `${Math.max(0, event.pageY - side / 2)}px`;
  }
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  function point(event) {
    const box = canvas.getBoundingClientRect();
    return hits(event.clientX - box.left, event.clientY - box.top);
  }
  let held = false;   // a tap or a click keeps a token isolated until the next one
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || (held && state.view === "head")) return;
    const at = point(event);
    if (!same(at, state.at)) show({ at });
    if (state.view === "model") enlarge(at, event);
  });
  canvas.addEventListener("pointerleave", (event) => {
    zoom.hidden = true;
    if (event.pointerType !== "touch" && !held && state.at) show({ at: null });
  });
  canvas.addEventListener("click", (event) => {
    const at = point(event);
    if (state.view === "model") { if (at) open(at); return; }
    held = !(at && held && same(at, state.at)) && at !== null;
    show({ at: held ? at : null });
  });
  function open(at) {
    held = false;
    show({ view: "head", layer: at.layer, on: new Set([at.head]), at: null });
  }
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Escape") { held = false; show({ at: null }); return; }
    if (event.key === "Enter" && state.view === "model" && state.at) { open(state.at); return; }
    if (!step) return;
    event.preventDefault();
    held = true;
    const [down, right] = step, move = (list, item, by) => list[Math.max(0, Math.min(list.length - 1, list.indexOf(item) + by))];
    const at = state.at;
    if (state.view === "model")
      show({ at: at ? { layer: Math.max(0, Math.min(LAYERS - 1, at.layer + down)),
                        head: Math.max(0, Math.min(HEADS - 1, at.head + right)) } : { layer: 0, head: 0 } });
    else if (state.view === "map")
      show({ at: at ? { row: move(rows(), at.row, down), column: move(columns(), at.column, right) }
                    : { row: rows()[0], column: columns()[0] } });
    else {
      const side = right ? (right > 0 ? "right" : "left") : at ? at.side : "left", list = side === "left" ? rows() : columns();
      const token = at && list.includes(at.token) ? at.token : list[0];
      show({ at: { side, token: at && !right ? move(list, token, down) : token } });
    }
  });
  $("twin").addEventListener("toggle", table);
  $("twin").querySelector("summary").textContent = T.twin;
  $("note").textContent = D.note;
  let width = 0;
  new ResizeObserver(() => {
    if (scroll.clientWidth !== width) { width = scroll.clientWidth; paint(); }
  }).observe(scroll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    palette = null;
    thumbs.clear();
    paint();
  });
  bar();
  paint();
  new ResizeObserver(() => tell({ height: document.documentElement.offsetHeight })).observe(document.documentElement);
  tell({ ready: true });
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
