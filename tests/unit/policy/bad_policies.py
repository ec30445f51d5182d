"""Policies that must be refused, as data: what their files hold, what is said about them and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.policy import bad_fields
from tests.unit.policy.good_policy import GOOD, INVENTORY, Link, bad, inventory, raw, spec, swap

if TYPE_CHECKING:
    from tests.unit.policy.good_policy import BadPolicy

_LAUGHS = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" if n else "a0: &a0 [lol]" for n in range(20))
_NAME_64 = "a" * 64

SYNTAX = (
    raw("empty file", b"", "", "no FleetPolicy"),
    raw("only a comment", b"# soon\n", "", "no FleetPolicy"),
    raw("a word", b"hello\n", ":1:1", "must be a map"),
    raw("a list", b"- a\n- b\n", ":1:1", "must be a map"),
    raw("ten megabytes", GOOD.encode() + b"# x\n" * 2_500_000, "", "10,00[0-9],[0-9]{3} bytes"),
    raw("millions of values", b"a: [" + b"a," * 4_000_000, ":1:", "more than 400,000 values"),
    raw("NUL byte", GOOD.replace("rhel.9", "rhel\0.9").encode(), ":25:23", "NUL"),
    raw("UTF-16", GOOD.encode("utf-16"), ":1:1", "UTF-16"),
    raw("Latin-1", GOOD.replace("keeps", "k\xe4eps").encode("latin-1"), ":43:19", "not UTF-8"),
    raw("control character", GOOD.replace("keeps", "k\x07eeps").encode(), ":43:19", "U\\+0007"),
    raw("anchors that blow up", _LAUGHS.encode(), ":1:5", "anchor &a0"),
    raw("deep nesting", b"a: " + b"[" * 100_000, ":1:35", "nested deeper than 32"),
    raw("deep nesting of maps", b"a: " + b"{a: " * 100_000, ":1:", "nested deeper than 32"),
    swap("unclosed bracket", "images: [rhel9]", "images: [rhel9", "45:", "not closed"),
    swap("unclosed quote", '"0 2 * * *"', '"0 2 * * *', "30:37", "never closed"),
    swap("tab for indentation", "    branch: main", "\tbranch: main", "13:1", "tab"),
    swap("wrong indentation", "    branch: main", "   branch: main", "13:4", "key was expected"),
    swap("colon in a value", "context: admin@edge-001", "context: a: b", "34:17", "':' where no key"),
    swap("tag of Python", '"9.6"', "!!python/object/apply:os.system [id]", "24:12", "the tag tag:yaml.org"),
    swap("tag of text", '"9.6"', "!!str 9.6", "24:12", "the tag .*quote a value"),
    swap("local tag", "latest", "!secret latest", "29:12", "the tag !secret"),
    swap("anchor", "{os: linux}\n", "&l {os: linux}\n", "22:15", "anchor &l"),
    swap("alias", "[rhel9]", "*l", "44:15", r"alias \*l"),
    swap("merge key", "{keep: 1}", "{<<: {keep: 1}}", "46:13", "merge key"),
    swap("duplicate key", "    keep: 3\n", "    keep: 3\n    keep: 4\n", "19:5", '"keep" stands here twice.*line 18'),
    swap("key that is a list", "name: acme", "[name]: acme", "4:3", "key that is no text"),
    swap("key that is a number", "{os: linux}\n", "{9: linux}\n", "22:16", "the key 9 is no text.*quote it"),
    swap("directive", "apiVersion: gitops", "%YAML 1.1\n---\napiVersion: gitops", "1:1", "a directive"),
    raw("a second policy", f"{GOOD}---\n{GOOD}".encode(), ":48:1", "two FleetPolicy.*fleet.yaml:1:1"),
)

TYPES = (
    swap("unknown field", "    branch: main", "    brnch: main", "13:5", r"unknown field delivery\.brnch.*mean branch"),
    swap("unknown field of an image", "tag: latest", "tags: latest", "29:7", "unknown field tags.*mean tag"),
    swap(
        "unknown field of the document",
        "kind: FleetPolicy",
        "kind: FleetPolicy\nstatus: {}",
        "3:1",
        "unknown field status",
    ),
    swap("wrong case", "plainHTTP", "plainHttp", "9:5", "mean plainHTTP"),
    swap("no address", "    address: registry.acme.example:5000\n", "", "7:5", "registry has no address"),
    swap("no tag", "      tag: latest\n", "", "27:7", "An image has no tag"),
    swap("text for a number", "keep: 3", "keep: three", "18:11", "number from 0 to 100, not three"),
    swap("quoted number", "keep: 3", 'keep: "3"', "18:11", "number from 0 to 100"),
    swap("fraction", "keep: 3", "keep: 2.5", "18:11", "number from 0 to 100, not 2.5"),
    swap("negative keep", "keep: 3", "keep: -1", "18:11", "number from 0 to 100, not -1"),
    swap("huge keep", "keep: 3", f"keep: {'9' * 5000}", "18:11", "number from 0 to 100"),
    swap("tag as a number", '"9.6"', "9.6", "24:12", 'tag must be text, but 9.6 is a number.*quote it: "9.6"'),
    swap("name as a boolean", "name: acme", "name: true", "4:9", "must be text, but true is a boolean"),
    swap("empty value", "repository: golden/rhel9", "repository:", "23:18", "repository is empty"),
    swap("null outside settings", "tag: latest", "tag: null", "29:12", "tag is empty"),
    swap("set without anything", "set: {keep: 1}", "set:", "46:11", "must be a map of fields, not empty"),
    swap("word for a boolean", "plainHTTP: false", "plainHTTP: no", "9:16", "true or false, not no"),
    swap("map for a list", "[inventory/*.yaml]", "{a: b}", "31:14", "inventory must be a list"),
    swap("text for a map", "{storage: {className: local-nvme}}", "local-nvme", "37:12", "must be a map"),
    swap("labels as a list", "{os: linux}\n", "[linux]\n", "22:15", "labels must be a map"),
    swap("wrong apiVersion", "golden/v1alpha1", "golden/v1", "1:13", "apiVersion.*v1alpha1"),
    swap(
        "foreign apiVersion", "gitops-golden/v1alpha1", "apps/v1", "", "no FleetPolicy.*skipped were .*fleet.yaml:1:13"
    ),
    swap("no kind", "kind: FleetPolicy\n", "", "1:1", "no kind"),
    swap("unknown kind", "FleetPolicy", "FleetPolcy", "2:7", "mean FleetPolicy"),
)

NAMES = (
    swap("image in capitals", "name: win2k22", "name: Win2k22", "27:13", 'name "Win2k22" may hold'),
    swap("image over 63 characters", "name: win2k22", f"name: {_NAME_64}", "27:13", "longer than 63"),
    swap("image that is a template", "name: win2k22", 'name: "{{ 7*7 }}"', "27:13", r'name "\{\{ 7\*7 \}\}" may hold'),
    swap("image that is a path", "name: win2k22", "name: ../../etc", "27:13", "may hold"),
    swap("cluster that is a path", "name: edge-001", "name: ../.git", "33:13", "the cluster's name"),
    swap("cluster with a newline", "name: edge-001", r'name: "edge\n001"', "33:13", r"edge\\n001"),
    swap("cluster over 253 characters", "name: edge-001", f"name: {'a.' * 127}a", "33:13", "longer than 253"),
    swap("context with an escape", "admin@edge-001", r'"\e[31m"', "34:16", "can't be printed"),
    swap("fleet with a slash", "name: acme", "name: acme/prod", "4:9", "may hold"),
    swap("namespace with a dot", "golden-images", "golden.images", "16:16", "namespace"),
    swap("storage class", "local-nvme", "Local_NVMe", "37:34", r"storage\.className"),
    swap("preference over 63 characters", "rhel.9", _NAME_64, "25:19", "preference .*longer than 63"),
    swap("kind of instancetype", "{name: u1.medium}", "{kind: Instancetype}", "26:28", "instancetype.kind"),
    swap("pull secret", "golden-registry", "golden_registry", "10:17", r"registry\.pullSecret"),
    swap("image twice", "name: win2k22", "name: rhel9", "27:13", r'two images named "rhel9".*fleet\.yaml:21:13'),
    swap("label's value", "site: edge}\n      arch", "site: -edge}\n      arch", "35:33", "labels.site"),
    swap("label's value over 63", "{os: linux}\n", f"{{os: {_NAME_64}}}\n", "22:20", "63 characters of a label"),
    swap("label's key", "{os: linux}\n", "{a/b/c: linux}\n", "22:16", 'key "a/b/c"'),
    swap("label that is a boolean", "{os: linux}\n", "{os: true}\n", "22:20", "os must be text"),
    swap("architecture", "architecture: amd64", "architecture: x86_64", "36:21", "written amd64 here"),
    inventory("cluster twice", INVENTORY.replace("core-001", "edge-001"), "4:11", r"two clusters .*fleet\.yaml:33:13"),
)

SELECTORS = (
    swap("unknown image", "[rhel9]", "[rhel8]", "44:16", 'no image is named "rhel8".*mean rhel9'),
    swap(
        "unknown cluster",
        "clusters: {matchLabels: {site: edge}}",
        "clusters: [edge-002]",
        "45:18",
        "no cluster is named",
    ),
    swap("name for a list", "[rhel9]", "rhel9", "44:15", "list of names or a selector"),
    swap("operator", "operator: In", "operator: Equals", "41:58", 'operator "Equals" is unknown'),
    swap("In without values", "values: [prod, staging]", "values: []", "41:70", "In needs values"),
    swap("Exists with values", "operator: In", "operator: Exists", "41:74", "Exists takes no values"),
    swap("expression without a key", "key: env, ", "", "41:37", "has no key"),
    swap("value as a number", "[prod, staging]", "[1, 2]", "41:71", "must be text, but 1 is a number"),
    swap("selector's field", "images: {matchLabels", "images: {matchLabel", "40:16", "mean matchLabels"),
    swap(
        "placement without clusters",
        "images: {matchLabels: {os: linux}}\n      clusters",
        "images",
        "39:7",
        "no clusters",
    ),
)

VALUES = (
    swap("size with GiB", "30Gi", "30GiB", "19:21", "no suffix GiB: write Gi"),
    swap("size without a number", "30Gi", "large", "19:21", "no quantity"),
    swap("size 0", "30Gi", '"0"', "19:21", "not above 0"),
    swap("negative size", "30Gi", "-30Gi", "19:21", "not above 0"),
    swap("size as a number", "30Gi", "30", "19:21", "must be text, but 30 is a number"),
    swap("fraction of a byte", "30Gi", "100m", "19:21", "no whole number"),
    swap("too much", "30Gi", "9999Ei", "19:21", r"2\^63"),
    swap("four fields", "0 2 * * *", "0 2 * *", "30:37", "has 4 fields"),
    swap("six fields", "0 2 * * *", "0 0 2 * * *", "30:37", "has 6 fields"),
    swap("minute 60", "0 2 * * *", "60 2 * * *", "30:37", "minute outside 0 to 59"),
    swap("Sunday as 7", "0 2 * * *", "0 2 * * 7", "30:37", "day of the week outside 0 to 6"),
    swap("last day", "0 2 * * *", "0 2 L * *", "30:37", "no number"),
    swap("30 February", "0 2 * * *", "0 2 30 2 *", "30:37", "never due"),
    swap("range backwards", "0 2 * * *", "0 5-2 * * *", "30:37", "ends before it begins"),
    swap("unknown word", "0 2 * * *", "@fortnightly", "30:37", "none of @yearly"),
    swap("every nothing", "0 2 * * *", "@every soon", "30:37", "needs a duration"),
    swap("time zone", "0 2 * * *", "TZ=UTC 0 2 * * *", "30:37", "time zone"),
    swap("update", "update: pinned", "update: tracking", "17:13", "update .tracking. is unknown"),
    swap(
        "address with a scheme", "registry.acme.example:5000", "https://registry.acme.example", "7:14", "has a scheme"
    ),
    swap("address with credentials", "registry.acme.example:5000", "me:secret@registry.acme.example", "7:14", "an '@'"),
    swap("address on Docker Hub", "registry.acme.example:5000", "acme/golden", "7:14", "Docker Hub"),
    swap("port", "example:5000", "example:66000", "7:14", "no number from 1 to 65535"),
    swap("digest in a repository", "golden/win2k22", f"golden/win@sha256:{'a' * 64}", "28:19", "holds a digest"),
    swap("tag in a repository", "golden/win2k22", "golden/win:1", "28:19", "and its tag in tag"),
    swap("repository that climbs", "golden/win2k22", "golden/../win", "28:19", "no repository path"),
    swap("digest for a tag", "latest", f'"sha256:{"a" * 64}"', "29:12", "is a digest"),
    swap("tag over 128 characters", "latest", "a" * 129, "29:12", "no tag"),
    swap("template for a tag", "latest", '"{{ 7*7 }}"', "29:12", r'tag "\{\{ 7\*7 \}\}" is no tag'),
    swap("branch", "branch: main", "branch: main..x", "13:13", "no branch name"),
    swap("branch that is an option", "branch: main", "branch: --upload-pack=x", "13:13", "no branch name"),
)

PATHS = (
    swap("path without the cluster", "clusters/{cluster}", "clusters", "14:11", r"lacks \{cluster\}"),
    swap("path with the cluster twice", "clusters/{cluster}", '"{cluster}/{cluster}"', "14:11", "exactly once"),
    swap("path with other braces", "clusters/{cluster}", '"{site}/{cluster}"', "14:11", "no other braces"),
    swap("path with a template", "clusters/{cluster}", '"{{ x }}/{cluster}"', "14:11", "no other braces"),
    swap("absolute path", "clusters/{cluster}", "/clusters/{cluster}", "14:11", "starts with '/'"),
    swap("path that climbs", "clusters/{cluster}", "../{cluster}", "14:11", "'..' part"),
    swap("path into git", "clusters/{cluster}", ".GIT/{cluster}", "14:11", "leads into .git"),
    swap("path that a cluster named git completes", "clusters/{cluster}", ".{cluster}", "14:11", "leads into .git"),
    swap("path over our list", "clusters/{cluster}", ".gitops-golden/{cluster}", "14:11", "leads into .git"),
    swap("inventory that climbs", "inventory/*.yaml", "../*.yaml", "31:15", "leads out of"),
    swap("inventory that climbs by name", "inventory/*.yaml", "inventory/../../x.yaml", "31:15", "leads out of"),
    swap("absolute inventory", "inventory/*.yaml", "/etc/passwd", "31:15", "leads out of"),
    swap("absolute inventory as a glob", "inventory/*.yaml", "/etc/*", "31:15", "leads out of"),
    swap("missing inventory", "inventory/*.yaml", "inventory/all.yaml", "31:15", "does not exist"),
    swap("inventory that is a folder", "inventory/*.yaml", "inventory", "31:15", "is no file"),
    swap("inventory over every length", "inventory/*.yaml", "a" * 5000, "31:15", "longer than 253"),
    swap("inventory with NUL", "inventory/*.yaml", r'"a\0b"', "31:15", "can't be printed"),
    swap("layout that climbs", "./registry", "../registry", "8:13", "leads out of"),
    swap("absolute layout", "./registry", "/var/lib/registry", "8:13", "leads out of"),
    bad(
        "inventory that is a link out",
        "fleet.yaml:31:15",
        "leads out of",
        files={"inventory/core.yaml": Link("../../outside.yaml"), "../outside.yaml": INVENTORY.encode()},
        fleet=GOOD.encode(),
    ),
    bad(
        "inventory in a folder that is a link out",
        "fleet.yaml:31:15",
        "leads out of",
        files={"linked": Link("../elsewhere"), "../elsewhere/a.yaml": INVENTORY.encode()},
        fleet=GOOD.replace("inventory/*", "linked/*").encode(),
    ),
    bad(
        "layout that is a link out",
        "fleet.yaml:8:13",
        "leads out of",
        files={"registry": Link("../elsewhere"), "../elsewhere/index.json": b"{}"},
        fleet=GOOD.encode(),
    ),
    bad(
        "inventory that is a link to itself",
        "fleet.yaml:31:15",
        "can't be read",
        files={"inventory/loop.yaml": Link("loop.yaml")},
        fleet=GOOD.encode(),
    ),
    bad(
        "inventory that is a link to a device",
        "fleet.yaml:31:15",
        "leads out of",
        files={"inventory/zero.yaml": Link("/dev/zero")},
        fleet=GOOD.encode(),
    ),
)

INVENTORIES = (
    inventory("inventory with anchors", INVENTORY + "  - &a {name: x}\n  - *a\n", "6:5", "anchor &a"),
    inventory("inventory that is a bare list", "- name: core-001\n", "1:1", "must be a map"),
    inventory(
        "inventory of another kind", INVENTORY.replace("Inventory", "Image"), "2:7", "known are Inventory, Cluster"
    ),
    inventory("inventory with an unknown field", INVENTORY.replace("labels", "label"), "5:5", "mean labels"),
    inventory(
        "inventory in broken JSON", '{"apiVersion": "gitops-golden/v1alpha1",\n "kind" "Inventory"}', "2:", "not YAML"
    ),
    inventory("inventory without an apiVersion", '{"kind": "Inventory", "clusters": []}', "1:1", "no apiVersion"),
)

LATER = (
    swap("repository of an engine", "branch: main", "repository: https://a.example/b.git", "13:5", "not supported yet"),
    swap("argocd", "engine: none", "engine: argocd", "12:13", "argocd is not supported yet"),
    swap("unknown engine", "engine: none", "engine: argo", "12:13", "unknown"),
    spec("objective that is text", "objective: x", 14, "objective must be a map"),
    spec("objective without a time", "objective: {}", 14, "objective has no converge"),
    spec("objective of no time", "objective: {converge: 0h}", 25, "write a span of time such as 4h"),
    spec("objective in words", "objective: {converge: 4 hours}", 25, "is no span of time"),
    spec("objective as a number", "objective: {converge: 4}", 25, "must be text"),
)

BAD: tuple[BadPolicy, ...] = (
    *SYNTAX, *TYPES, *NAMES, *SELECTORS, *VALUES, *PATHS, *INVENTORIES, *LATER, *bad_fields.BAD,
)  # fmt: skip
