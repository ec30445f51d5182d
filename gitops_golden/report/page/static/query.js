// What a person asks to see, how that stands in the address, and which rows, columns and cells answer it.

const MOST_WORDS = 16;
const CHOICES = ["image", "link", "reason"];

/** What is asked for, as the address's fragment says it. */
function readQuery(fragment) {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const labels = new Map();
  for (const label of given.getAll("label")) {
    const equals = label.indexOf("=");
    if (equals > 0) labels.set(label.slice(0, equals), label.slice(equals + 1));
  }
  return {
    text: given.get("q") ?? "",
    verdicts: new Set(given.getAll("verdict").filter((verdict) => WORST_FIRST.includes(verdict))),
    ...Object.fromEntries(CHOICES.map((name) => [name, given.get(name) ?? ""])),
    labels,
    sort: given.get("sort") === "name" ? "name" : "worst",
    open: given.get("open") ?? "",
  };
}

/** The fragment that says what is asked for; nothing of what is the default. */
function writeQuery(query) {
  const written = new URLSearchParams();
  if (query.text) written.set("q", query.text);
  for (const verdict of query.verdicts) written.append("verdict", verdict);
  for (const name of CHOICES) if (query[name]) written.set(name, query[name]);
  for (const [key, value] of query.labels) written.append("label", `${key}=${value}`);
  if (query.sort !== "worst") written.set("sort", query.sort);
  if (query.open) written.set("open", query.open);
  return written.toString();
}

/** Whether anything is filtered at all. */
function filters(query) {
  return Boolean(query.text || query.verdicts.size || query.labels.size || CHOICES.some((name) => query[name]));
}

/** Texts to look words up in, put together when they are first needed and kept. */
class Haystacks {
  constructor(report) {
    this._report = report;
  }

  get rows() {
    this._rows ??= Array.from({ length: this._report.rows }, (_, row) => {
      const { name, labels, uid, source, version, finding } = this._report.cluster(row);
      return lower([name, ...labels, uid, source, version, finding?.reason, finding?.message]);
    });
    return this._rows;
  }

  get columns() {
    this._columns ??= this._report.columns.map(({ dataSource, image }) => lower([dataSource, image]));
    return this._columns;
  }

  get outcomes() {
    this._outcomes ??= Array.from({ length: this._report.outcomes }, (_, number) => {
      const { finding, expected, actual, source } = this._report.outcome(number);
      return lower([
        finding?.reason,
        finding?.link,
        finding?.overdue && "overdue",
        finding?.message,
        expected,
        actual,
        ...(source ?? []),
      ]);
    });
    return this._outcomes;
  }
}

function lower(texts) {
  return texts.filter(Boolean).join("\n").toLowerCase();
}

/** The answer to a query: `rows` in order, `columns`, and whether a cell is among what was asked for. */
class Selection {
  constructor(report, haystacks, query) {
    this._report = report;
    this._words = query.text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
    this._all = 2 ** this._words.length - 1;
    this._ofCells = query.verdicts.size > 0 || Boolean(query.link || query.reason);
    this.filtered = filters(query);
    this.columns = [...report.columns.keys()].filter(
      (column) => !query.image || report.columns[column].image === query.image,
    );
    this._rowMasks = this._masks(() => haystacks.rows);
    this._columnMasks = this._masks(() => haystacks.columns);
    this._outcomeMasks = this._masks(() => haystacks.outcomes);
    this._asked = Array.from({ length: report.outcomes }, (_, number) =>
      this._askedFor(report.outcome(number).finding, query),
    );
    this.deliveries = 0;
    this.rows = this._select(query);
    this._sort(query.sort);
  }

  /** Whether the delivery in a cell is one that was asked for; false where there is none. */
  hit(row, column) {
    const outcome = this._report.cell(row, column);
    if (outcome === NONE || !this._asked[outcome]) return false;
    return (
      this._all === 0 || (this._rowMasks[row] | this._columnMasks[column] | this._outcomeMasks[outcome]) === this._all
    );
  }

  /** For each text, which of the words it holds, as bits. */
  _masks(texts) {
    if (!this._words.length) return [];
    return texts().map((text) =>
      this._words.reduce((mask, word, bit) => (text.includes(word) ? mask | (1 << bit) : mask), 0),
    );
  }

  _askedFor(finding, query) {
    return (
      (!query.verdicts.size || query.verdicts.has(finding?.verdict ?? "converged")) &&
      (!query.link || finding?.link === query.link) &&
      (!query.reason || finding?.reason === query.reason)
    );
  }

  _select(query) {
    const profiles = this._report.profiles.map((labels) =>
      [...query.labels].every(([key, value]) => labels.includes(`${key}=${value}`)),
    );
    const found = [];
    for (let row = 0; row < this._report.rows; row++) {
      if (query.labels.size && !profiles[this._report.cluster(row).profile]) continue;
      const hits = this.columns.reduce((count, column) => count + this.hit(row, column), 0);
      this.deliveries += hits;
      if (hits || (!query.image && this._wholly(row, query))) found.push(row);
    }
    return found;
  }

  /** Whether a cluster is asked for by itself, whatever its deliveries are. */
  _wholly(row, query) {
    if (this._all && this._rowMasks[row] !== this._all) return false;
    if (!this._ofCells) return true;
    const { finding } = this._report.cluster(row);
    return finding !== undefined && this._askedFor(finding, query);
  }

  _sort(by) {
    const report = this._report;
    const byName = (one, other) =>
      report.cluster(one).name.localeCompare(report.cluster(other).name, "en", { numeric: true });
    if (by === "name") this.rows.sort(byName);
    else this.rows.sort((one, other) => report.rank(other) - report.rank(one) || one - other);
  }
}
