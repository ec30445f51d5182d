// The grid of clusters by images: only rows in sight are in the document, and the keyboard moves through all of them.

const ROW_HEIGHT = 30;
const BEYOND_SIGHT = 8;
const ROOMY = 8;
const HEAD = -1;

/** Calls `open(row, column)` for what is chosen, rows and columns of the report; NONE is a whole cluster or image. */
class Matrix {
  constructor(root, report, open) {
    this._root = root;
    this._report = report;
    this._open = open;
    this._active = { line: HEAD, place: 0 };
    this._lines = new Map();
    this._head = make("div", { role: "rowgroup", class: "head" });
    this._body = make("div", { role: "rowgroup", class: "body" });
    root.append(this._head, this._body);
    root.addEventListener("scroll", () => this._draw(), { passive: true });
    root.addEventListener("keydown", (event) => this._key(event));
    root.addEventListener("click", (event) => this._click(event));
    new ResizeObserver(() => this._draw()).observe(root);
  }

  /** Show what was selected, from the top; the active cell stays the one it was, if it is still there. */
  show(selection) {
    const before = this.active;
    this._selection = selection;
    this._clear();
    this._measure();
    this._head.replaceChildren(this._headRow());
    this._root.style.scrollPaddingTop = `${this._head.offsetHeight}px`;
    this._active = this._find(before);
    this._root.scrollTop = 0;
    this._draw();
    this._mark();
  }

  /** The report's row and column of the active cell; NONE in the head or at a name. */
  get active() {
    if (!this._selection) return { row: NONE, column: NONE };
    const { line, place } = this._active;
    return { row: this._selection.rows[line] ?? NONE, column: this._selection.columns[place - 1] ?? NONE };
  }

  /** Make a row and a column of the report active, in sight; false if they are not among what is shown. */
  activate(row, column) {
    const line = row === NONE ? HEAD : this._selection.rows.indexOf(row);
    const place = column === NONE ? 0 : this._selection.columns.indexOf(column) + 1;
    if ((row !== NONE && line < 0) || (column !== NONE && place < 1)) return false;
    this._move(line, place);
    return true;
  }

  focus() {
    this._root.focus({ preventScroll: true });
  }

  /** Put every row into the document, to be printed. */
  drawAll() {
    this._drawLines(0, this._selection.rows.length);
  }

  /** Put only what is in sight into the document again. */
  drawSight() {
    this._draw();
  }

  _find({ row, column }) {
    const line = this._selection.rows.indexOf(row);
    return {
      line: line < 0 && this._selection.rows.length ? 0 : line,
      place: this._selection.columns.indexOf(column) + 1,
    };
  }

  _clear() {
    this._lines.clear();
    this._body.replaceChildren();
  }

  _measure() {
    const { rows, columns } = this._selection;
    this._root.setAttribute("aria-rowcount", rows.length + 1);
    this._root.setAttribute("aria-colcount", columns.length + 1);
    this._root.classList.toggle("roomy", columns.length <= ROOMY);
    this._root.style.setProperty("--columns", columns.length);
    this._body.style.height = `${rows.length * ROW_HEIGHT}px`;
  }

  _headRow() {
    const named = this._selection.columns.map((column, place) => this._headCell(column, place + 1));
    const corner = make(
      "div",
      { role: "columnheader", class: "corner", id: cellId(HEAD, 0), "aria-colindex": 1 },
      "cluster",
    );
    return make("div", { role: "row", class: "row", "aria-rowindex": 1 }, corner, named);
  }

  _headCell(column, place) {
    const { dataSource } = this._report.columns[column];
    const finding = this._report.image(column)?.finding;
    return make(
      "div",
      {
        role: "columnheader",
        id: cellId(HEAD, place),
        "aria-colindex": place + 1,
        "aria-label": finding && `${dataSource}: ${finding.verdict}, ${finding.reason}`,
        title: finding ? `${dataSource}: ${finding.reason}` : dataSource,
      },
      finding && sign(finding.verdict),
      make("bdi", {}, dataSource),
    );
  }

  _draw() {
    if (!this._selection) return;
    const above = Math.max(0, this._root.scrollTop - this._head.offsetHeight);
    const first = Math.max(0, Math.floor(above / ROW_HEIGHT) - BEYOND_SIGHT);
    const last = first + Math.ceil(this._root.clientHeight / ROW_HEIGHT) + 2 * BEYOND_SIGHT;
    this._drawLines(first, Math.min(last, this._selection.rows.length));
  }

  _drawLines(first, end) {
    for (const [line, node] of this._lines) {
      if (line < first || line >= end) {
        node.remove();
        this._lines.delete(line);
      }
    }
    // From the last one up, so that the next line is there to be put before: the document has the screen's order.
    for (let line = end - 1; line >= first; line--) if (!this._lines.has(line)) this._addLine(line);
  }

  _addLine(line) {
    const row = this._selection.rows[line];
    const { name, finding } = this._report.cluster(row);
    const node = make(
      "div",
      { role: "row", class: "row", "aria-rowindex": line + 2 },
      make(
        "div",
        {
          role: "rowheader",
          id: cellId(line, 0),
          "aria-colindex": 1,
          "aria-label": finding && `${name}: ${finding.verdict}, ${finding.reason}`,
          title: finding ? `${name}: ${finding.reason}` : name,
        },
        make("bdi", {}, name),
        finding && sign(finding.verdict),
      ),
      this._selection.columns.map((column, place) => this._cell(row, column, line, place + 1)),
    );
    node.style.transform = `translateY(${line * ROW_HEIGHT}px)`;
    this._body.insertBefore(node, this._lines.get(line + 1) ?? null);
    this._lines.set(line, node);
    if (line === this._active.line) this._mark();
  }

  _cell(row, column, line, place) {
    const outcome = this._report.cell(row, column);
    const attributes = { role: "gridcell", id: cellId(line, place), "aria-colindex": place + 1 };
    if (outcome === NONE)
      return make("div", { ...attributes, class: "cell absent", "aria-label": "not for this cluster" });
    const verdict = this._report.verdict(outcome);
    const { finding } = this._report.outcome(outcome);
    const faint = this._selection.filtered && !this._selection.hit(row, column);
    const told = finding ? [verdict, finding.link, finding.reason].filter(Boolean).join(", ") : verdict;
    return make(
      "div",
      { ...attributes, class: `cell ${verdict}${faint ? " faint" : ""}`, "aria-label": told, title: told },
      sign(verdict),
      finding && make("span", { class: "link" }, finding.link || finding.reason),
    );
  }

  _move(line, place) {
    const { rows, columns } = this._selection;
    this._active = {
      line: Math.min(Math.max(line, HEAD), rows.length - 1),
      place: Math.min(Math.max(place, 0), columns.length),
    };
    this._reveal();
    this._mark();
  }

  _reveal() {
    const { line, place } = this._active;
    const root = this._root;
    if (line !== HEAD) {
      const top = line * ROW_HEIGHT;
      const sight = root.clientHeight - this._head.offsetHeight - ROW_HEIGHT;
      if (top < root.scrollTop) root.scrollTop = top;
      else if (top > root.scrollTop + sight) root.scrollTop = top - sight;
    }
    if (place === 0) root.scrollLeft = 0;
    this._draw();
    // The page has to follow, too, where the grid is not wholly in sight.
    part(cellId(line, place))?.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  }

  _mark() {
    this._root.querySelector(".active")?.classList.remove("active");
    const id = cellId(this._active.line, this._active.place);
    const cell = part(id);
    cell?.classList.add("active");
    if (cell) this._root.setAttribute("aria-activedescendant", id);
    else this._root.removeAttribute("aria-activedescendant");
  }

  _key(event) {
    const { line, place } = this._active;
    const page = Math.max(1, Math.floor(this._root.clientHeight / ROW_HEIGHT) - 2);
    const ends = event.ctrlKey || event.metaKey;
    const moves = {
      ArrowUp: [line - 1, place],
      ArrowDown: [line + 1, place],
      ArrowLeft: [line, place - 1],
      ArrowRight: [line, place + 1],
      PageUp: [Math.max(0, line - page), place],
      PageDown: [line + page, place],
      Home: [ends ? 0 : line, 0],
      End: [ends ? Infinity : line, Infinity],
    };
    if (event.key === "Enter" || event.key === " ") this._open(this.active.row, this.active.column, true);
    else if (event.key in moves && !event.altKey) this._move(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  _click(event) {
    const cell = event.target.closest("[role=gridcell], [role=rowheader], [role=columnheader]");
    if (!cell) return;
    const [, line, place] = cell.id.split("/").map(Number);
    this._active = { line, place };
    this._mark();
    this._open(this.active.row, this.active.column, false);
  }
}

function cellId(line, place) {
  return `cell/${line}/${place}`;
}
