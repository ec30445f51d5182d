// The panel beside the grid: everything that is known of one delivery, one cluster or one image.

class Details {
  constructor(panel, report, close) {
    this._panel = panel;
    this._report = report;
    this._close = close;
  }

  get isOpen() {
    return !this._panel.hidden;
  }

  hide() {
    this._panel.hidden = true;
    this._panel.replaceChildren();
  }

  focus() {
    this._panel.focus();
  }

  /** Show what is in a row and a column of the report; without a column the cluster, without a row the image. */
  show(row, column) {
    const title = [
      row === NONE ? "" : this._report.cluster(row).name,
      column === NONE ? "" : this._report.columns[column].dataSource,
    ];
    const content =
      row === NONE ? this._image(column) : column === NONE ? this._cluster(row) : this._delivery(row, column);
    this._panel.replaceChildren(
      make(
        "div",
        { class: "bar-of-title" },
        make(
          "h3",
          { id: "details-title" },
          ...title.filter(Boolean).flatMap((name, place) => [place ? " · " : "", make("bdi", {}, name)]),
        ),
        make("button", { type: "button", class: "close", "aria-label": "Close details", click: this._close }, "close"),
      ),
      ...content.filter(Boolean),
    );
    this._panel.hidden = false;
    this._panel.scrollTop = 0;
  }

  _delivery(row, column) {
    const number = this._report.cell(row, column);
    const { architecture } = this._report.columns[column];
    if (number === NONE) return [make("p", {}, "This image is not for this cluster."), ...this._read(row)];
    const { finding, expected, actual, source } = this._report.outcome(number);
    return [
      this._finding(finding),
      terms([
        ["expected", digest(expected, "expected digest")],
        [
          "served",
          actual && actual === expected
            ? [digest(actual, "served digest"), make("span", { class: "same" }, "as expected")]
            : digest(actual, "served digest"),
        ],
        ["boot source", source && `${source[0]} ${source[1]}/${source[2]}`],
        ["architecture", architecture],
      ]),
      ...this._read(row),
    ];
  }

  _cluster(row) {
    const { finding } = this._report.cluster(row);
    const counts = new Map();
    for (const column of this._report.columns.keys()) {
      const outcome = this._report.cell(row, column);
      if (outcome !== NONE)
        counts.set(this._report.verdict(outcome), (counts.get(this._report.verdict(outcome)) ?? 0) + 1);
    }
    return [finding && this._finding(finding), tally(counts), ...this._read(row)];
  }

  _image(column) {
    const image = this._report.image(column);
    const { image: name, architecture } = this._report.columns[column];
    const counts = new Map();
    for (let row = 0; row < this._report.rows; row++) {
      const outcome = this._report.cell(row, column);
      if (outcome !== NONE)
        counts.set(this._report.verdict(outcome), (counts.get(this._report.verdict(outcome)) ?? 0) + 1);
    }
    return [
      image?.finding && this._finding(image.finding),
      tally(counts),
      terms([
        ["image", name],
        ["architecture", architecture],
        ["tag", image?.tag],
        ["in the lock", image && digest(image.locked, "locked digest")],
        ["in the registry", image && digest(image.served, "digest in the registry")],
        ["in the policy", image?.where],
      ]),
    ];
  }

  _finding(finding) {
    if (!finding)
      return make(
        "p",
        { class: "told" },
        sign("converged"),
        make("b", {}, "converged"),
        ": the chain holds from end to end",
      );
    const { verdict, link, reason, message, remedy, since, overdue } = finding;
    return make(
      "div",
      { class: `told ${verdict}` },
      make(
        "p",
        { class: "reason" },
        sign(verdict),
        make("b", {}, verdict),
        link && make("span", { class: "link" }, link),
        make("span", {}, reason),
      ),
      make("p", { class: "message" }, message),
      remedy &&
        make(
          "p",
          { class: "remedy" },
          make("span", { class: "do" }, "do"),
          make("span", {}, remedy),
          copyButton(remedy, "the remedy"),
        ),
      since !== null &&
        make(
          "p",
          { class: "age" },
          "since ",
          moment(since),
          `, ${span(this._report.at - since)}`,
          overdue && make("b", { class: "overdue" }, `, over the objective of ${span(this._report.objective)}`),
        ),
    );
  }

  /** How a cluster was read: what its verdicts rest on. */
  _read(row) {
    const cluster = this._report.cluster(row);
    return [
      make("h4", {}, cluster.answered ? "As read" : "Not read"),
      terms([
        [
          cluster.answered ? "read at" : "last read",
          cluster.readAt !== null && [moment(cluster.readAt), ` (${span(this._report.at - cluster.readAt)} before)`],
        ],
        ["from", cluster.source],
        ["server", cluster.version],
        ["kube-system", cluster.uid && make("code", {}, cluster.uid)],
        [
          "clock",
          cluster.skew !== null &&
            cluster.skew !== 0 &&
            `${span(Math.abs(cluster.skew))} ${cluster.skew > 0 ? "ahead of" : "behind"} ours`,
        ],
        ["objects", cluster.answered && `${cluster.objects} in ${cluster.namespaces.join(", ") || "no namespace"}`],
        ["not shown", cluster.unread.join("; ")],
        ["not judged", cluster.notJudged.join(", ")],
        ["labels", cluster.labels.join(", ")],
        ["in the policy", cluster.where],
      ]),
    ];
  }
}

/** Return a list of terms; those without content are left out. */
function terms(pairs) {
  return make(
    "dl",
    {},
    pairs
      .filter(([, content]) => content)
      .map(([term, content]) => make("div", { class: "term" }, make("dt", {}, term), make("dd", {}, content))),
  );
}

function digest(value, what) {
  if (!value) return make("span", { class: "unknown" }, "not known");
  return make("span", { class: "digest" }, make("code", {}, value), copyButton(value, what));
}

/** Return how many deliveries have each verdict. */
function tally(counts) {
  const told = WORST_FIRST.filter((verdict) => counts.has(verdict));
  return make(
    "ul",
    { class: "tally" },
    told.map((verdict) => make("li", {}, sign(verdict), `${counts.get(verdict).toLocaleString("en")} ${verdict}`)),
  );
}
