// The page's wiring: what is typed, chosen and pressed becomes a query, the query what is shown and the address.

const MOST_LABELS = 6;
const MOST_VALUES = 1000;
const MOST_PRINTED = 300;
const TYPING = 120;
const THEMES = ["as the system", "light", "dark"];

class Page {
  constructor(report) {
    this._report = report;
    this._haystacks = new Haystacks(report);
    this._query = readQuery(location.hash);
    this._details = new Details(part("details"), report, () => this._close());
    this._matrix = new Matrix(part("grid"), report, (row, column, byKey) => this._open(row, column, byKey));
    this._choices = this._makeChoices();
    this._toggles = this._makeToggles();
    part("choices").append(...this._choices.map(({ node }) => node));
    part("verdicts").append(...this._toggles.values());
    this._listen();
    this._reveal();
    this._follow();
  }

  _listen() {
    let typing;
    part("text").addEventListener("input", (event) => {
      clearTimeout(typing);
      typing = setTimeout(() => this._change({ text: event.target.value.trim() }), TYPING);
    });
    part("tools").addEventListener("submit", (event) => event.preventDefault());
    part("clear").addEventListener("click", () => {
      this._clear();
      // The button is gone now, and would take the focus with it.
      part("text").focus();
    });
    part("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this._toMatrix();
    });
    addEventListener("hashchange", () => this._follow());
    addEventListener("keydown", (event) => this._key(event));
    // Moving through the grid takes the open details along.
    part("grid").addEventListener("keydown", () => this._details.isOpen && this._showActive());
    addEventListener("beforeprint", () => this._beforePrint());
    addEventListener("afterprint", () => this._afterPrint());
  }

  _reveal() {
    for (const id of ["matrix", "skip", "theme"]) part(id).hidden = false;
    for (const problem of document.querySelectorAll(".problem")) this._equip(problem);
  }

  /** Give a finding of the list what needs a script: its remedies to copy, and a way to its cells. */
  _equip(problem) {
    for (const remedy of problem.querySelectorAll(".remedy")) {
      remedy.append(copyButton(remedy.lastElementChild.textContent, "the remedy"));
    }
    const { verdict, link, reason, of, image } = problem.dataset;
    const asked = of === "image" ? { image: image ?? "" } : { verdicts: new Set([verdict]), link, reason };
    const show = () => {
      this._change({ ...readQuery(""), sort: this._query.sort, ...asked });
      this._toMatrix();
    };
    problem.append(make("button", { type: "button", class: "show", click: show }, "Show in the matrix"));
  }

  _makeToggles() {
    const toggle = (verdict) => {
      const verdicts = new Set(this._query.verdicts);
      if (!verdicts.delete(verdict)) verdicts.add(verdict);
      this._change({ verdicts });
    };
    return new Map(
      WORST_FIRST.map((verdict) => [
        verdict,
        make(
          "button",
          { type: "button", class: `toggle ${verdict}`, click: () => toggle(verdict) },
          sign(verdict),
          verdict,
        ),
      ]),
    );
  }

  _makeChoices() {
    const report = this._report;
    const findings = Array.from({ length: report.outcomes }, (_, number) => report.outcome(number).finding).filter(
      Boolean,
    );
    const wholes = Array.from({ length: report.rows }, (_, row) => report.cluster(row).finding).filter(Boolean);
    const reasons = distinct([...findings, ...wholes].map(({ reason }) => reason)).sort();
    const links = report.links.filter((link) => findings.some((finding) => finding.link === link));
    const simple = [
      ["image", distinct(report.columns.map(({ image }) => image))],
      ["link", links],
      ["reason", reasons],
    ].map(([name, values]) =>
      choice(
        name,
        anyOf(values),
        () => this._query[name],
        (value) => this._change({ [name]: value }),
      ),
    );
    const orders = [make("option", { value: "worst" }, "worst first"), make("option", { value: "name" }, "by name")];
    const sort = choice(
      "sort",
      orders,
      () => this._query.sort,
      (value) => this._change({ sort: value }),
    );
    return [...labelValues(report).map(([key, values]) => this._labelChoice(key, values)), ...simple, sort];
  }

  _labelChoice(key, values) {
    const chosen = (value) => {
      const labels = new Map(this._query.labels);
      if (value) labels.set(key, value);
      else labels.delete(key);
      this._change({ labels });
    };
    return choice(key, anyOf(values), () => this._query.labels.get(key) ?? "", chosen, `choice-of-label-${key}`);
  }

  /** Take what the address asks for. */
  _follow() {
    if (location.hash.slice(1) === writeQuery(this._query) && this._selection) return;
    this._query = readQuery(location.hash);
    this._update();
    this._openNamed(this._query.open);
  }

  _change(asked) {
    this._query = { ...this._query, ...asked };
    if (!this._query.open) this._details.hide();
    this._address();
    this._update();
  }

  _address() {
    const fragment = writeQuery(this._query);
    history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  }

  _update() {
    this._selection = new Selection(this._report, this._haystacks, this._query);
    this._matrix.show(this._selection);
    if (part("text").value.trim() !== this._query.text) part("text").value = this._query.text;
    for (const { refresh } of this._choices) refresh();
    for (const [verdict, button] of this._toggles)
      button.setAttribute("aria-pressed", this._query.verdicts.has(verdict));
    part("clear").hidden = !this._selection.filtered;
    const { deliveries, rows, filtered } = this._selection;
    const told = `${counted(deliveries, "delivery", "deliveries")} on ${counted(rows.length, "cluster")}`;
    part("count").textContent = filtered ? `${told} of ${this._report.rows.toLocaleString("en")} match.` : `${told}.`;
  }

  _clear() {
    this._change({ ...readQuery(""), sort: this._query.sort });
  }

  _toMatrix() {
    part("matrix").scrollIntoView({ block: "start" });
    this._matrix.focus();
  }

  _open(row, column, byKey) {
    if (row === NONE && column === NONE) return;
    this._details.show(row, column);
    this._query.open = this._name(row, column);
    this._address();
    if (byKey) this._details.focus();
  }

  _showActive() {
    const { row, column } = this._matrix.active;
    if (row !== NONE || column !== NONE) this._open(row, column, false);
  }

  _close() {
    if (!this._details.isOpen) return;
    this._details.hide();
    this._query.open = "";
    this._address();
    this._matrix.focus();
  }

  _name(row, column) {
    return [
      row === NONE ? "" : this._report.cluster(row).name,
      column === NONE ? "" : this._report.columns[column].dataSource,
    ].join("/");
  }

  _openNamed(name) {
    const slash = name.lastIndexOf("/");
    if (slash < 0) {
      this._details.hide();
      return;
    }
    const row = name.slice(0, slash) ? this._rowOf(name.slice(0, slash)) : NONE;
    const column = this._report.columns.findIndex(({ dataSource }) => dataSource === name.slice(slash + 1));
    const known = row !== undefined && (column !== NONE || name.endsWith("/"));
    if (known && this._matrix.activate(row, column)) this._open(row, column, false);
  }

  _rowOf(name) {
    for (let row = 0; row < this._report.rows; row++) if (this._report.cluster(row).name === name) return row;
    return undefined;
  }

  _key(event) {
    const writing = event.target.matches("input, select, textarea");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      part("text").focus();
    } else if (event.key === "Escape") this._escape(writing);
  }

  _escape(writing) {
    if (writing && part("text").value) {
      this._change({ text: "" });
    } else if (this._details.isOpen) this._close();
    else if (this._selection.filtered) this._clear();
  }

  _beforePrint() {
    const all = this._selection.rows.length <= MOST_PRINTED;
    if (all) this._matrix.drawAll();
    document.documentElement.classList.toggle("unprinted", !all);
    part("unprinted").hidden = all;
    part("unprinted").textContent =
      `The matrix has ${counted(this._selection.rows.length, "cluster")} and is not printed; ` +
      `filter it to at most ${MOST_PRINTED}.`;
    this._folded = [...document.querySelectorAll("details:not([open])")];
    for (const each of this._folded) each.open = true;
  }

  _afterPrint() {
    this._matrix.drawSight();
    part("unprinted").hidden = true;
    for (const each of this._folded ?? []) each.open = false;
  }
}

/** Return a labelled list to choose from, with what sets it to the present value. */
function choice(name, options, current, chosen, id = `choice-of-${name}`) {
  const select = make("select", { id, change: (event) => chosen(event.target.value) }, options);
  const node = make("span", { class: "choice" }, make("label", { for: id }, name), select);
  const refresh = () => {
    select.value = current();
    node.classList.toggle("set", current() !== options[0].value);
  };
  return { node, refresh };
}

/** Return what a list offers: all, or one of some values. */
function anyOf(values) {
  return [make("option", { value: "" }, "all"), ...values.map((value) => make("option", { value }, value))];
}

/** Return the label keys that divide the fleet, with their values; a key of too many values is left to the search. */
function labelValues(report) {
  const values = new Map();
  for (const label of distinct(report.profiles.flat())) {
    const [key, ...rest] = label.split("=");
    values.set(key, [...(values.get(key) ?? []), rest.join("=")]);
  }
  return [...values]
    .filter(([, each]) => each.length > 1 && each.length <= MOST_VALUES)
    .slice(0, MOST_LABELS)
    .map(([key, each]) => [key, each.sort((one, other) => one.localeCompare(other, "en", { numeric: true }))]);
}

function distinct(values) {
  return [...new Set(values)];
}

/** Let a person choose between light and dark, whatever the system says. */
function themes(button) {
  const choose = (place) => {
    const theme = THEMES[place];
    button.textContent = `Theme: ${theme}`;
    if (place) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  button.addEventListener("click", () => {
    const now = THEMES.indexOf(document.documentElement.dataset.theme ?? THEMES[0]);
    choose((now + 1) % THEMES.length);
  });
}

themes(part("theme"));
new Page(new Report(JSON.parse(part("data").textContent)));
