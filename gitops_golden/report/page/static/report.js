// The report, decoded: its tables, and what is known of a cluster, an image and a cell. Mirrors report/page/data.py.

const NONE = -1;
const WORST_FIRST = ["broken", "unreachable", "progressing", "converged"];

class Report {
  constructor(data) {
    this.at = data.at;
    this.objective = data.objective;
    this.verdicts = data.verdicts;
    this.links = data.links;
    this.outcomes = data.outcomes.length;
    this.columns = data.columns.map(([dataSource, image, architecture]) => ({ dataSource, image, architecture }));
    this.rows = data.clusters.length;
    this._data = data;
    this._cells = numbers(data.cells, data.width);
    this._clusters = [];
    this._ranks = undefined;
  }

  /** The number of the outcome in a cell; NONE where the image is not for the cluster. */
  cell(row, column) {
    return this._cells[row * this.columns.length + column] - 1;
  }

  /** What was found of a delivery; cells with the same outcome share its number. */
  outcome(number) {
    const [finding, expected, actual, source] = this._data.outcomes[number];
    return {
      finding: this.finding(finding),
      expected: this._data.digests[expected],
      actual: this._data.digests[actual],
      source: this._data.sources[source],
    };
  }

  /** The verdict of an outcome. */
  verdict(number) {
    const finding = this._data.outcomes[number][0];
    return finding === NONE ? "converged" : this.verdicts[this._data.findings[finding][0]];
  }

  finding(number) {
    if (number === NONE) return undefined;
    const [verdict, link, reason, message, remedy, since, overdue] = this._data.findings[number];
    const { texts } = this._data;
    return {
      verdict: this.verdicts[verdict],
      link: this.links[link] ?? "",
      reason,
      message: texts[message],
      remedy: texts[remedy],
      since,
      overdue,
    };
  }

  cluster(row) {
    this._clusters[row] ??= this._cluster(row);
    return this._clusters[row];
  }

  _cluster(row) {
    const [name, profile, readAt, uid, source, objects, skew, finding, answered, where] = this._data.clusters[row];
    const [labels, [version], namespaces, unread, notJudged] = this._data.profiles[profile];
    const whole = this.finding(finding);
    return {
      name,
      labels,
      version,
      namespaces,
      unread,
      notJudged,
      readAt,
      uid,
      source,
      objects,
      skew,
      answered,
      where,
      finding: whole,
      profile,
    };
  }

  /** The labels of clusters that are alike in this and more, by `cluster.profile`: far fewer than clusters. */
  get profiles() {
    return this._data.profiles.map(([labels]) => labels);
  }

  /** The image behind a column, as the registry has it; undefined if the registry was not asked for it. */
  image(column) {
    const found = this._data.images.find(([name]) => name === this.columns[column].image);
    if (found === undefined) return undefined;
    const [name, tag, locked, served, finding, where] = found;
    const { digests } = this._data;
    return { name, tag, locked: digests[locked], served: digests[served], finding: this.finding(finding), where };
  }

  /** How bad a cluster is: broken deliveries weigh most, then unreachable, then those on their way. */
  rank(row) {
    this._ranks ??= this._rankAll();
    return this._ranks[row];
  }

  _rankAll() {
    const width = this.columns.length;
    const weight = { broken: (width + 2) ** 2, unreachable: width + 2, progressing: 1, converged: 0 };
    const weights = Array.from({ length: this.outcomes }, (_, number) => weight[this.verdict(number)]);
    const ranks = new Float64Array(this.rows);
    for (let cell = 0; cell < this._cells.length; cell++) {
      const outcome = this._cells[cell] - 1;
      if (outcome !== NONE) ranks[Math.floor(cell / width)] += weights[outcome];
    }
    for (let row = 0; row < this.rows; row++) {
      const whole = this.finding(this._data.clusters[row][7]);
      if (whole) ranks[row] += weight[whole.verdict];
    }
    return ranks;
  }
}

/** Return the unsigned numbers of so many bytes, the little end first, that a text in base64 holds. */
function numbers(base64, width) {
  const text = atob(base64);
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const read = width === 2 ? (place) => view.getUint16(place * 2, true) : (place) => view.getUint32(place * 4, true);
  const found = new Uint32Array(bytes.length / width);
  for (let place = 0; place < found.length; place++) found[place] = read(place);
  return found;
}
