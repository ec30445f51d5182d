from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.errors import InputError
from gitops_golden.render.kinds import KINDS, Kinds
from gitops_golden.resources import shipped

GOLDEN = Path("tests/data/golden")
FOLDER = shipped("policies") / "kinds"
CRON = """\
apiVersion: cdi.kubevirt.io/v1beta1
kind: DataImportCron
metadata: {name: rhel9-12345678, namespace: golden-images}
spec:
  schedule: ""
  managedDataSource: rhel9
  template:
    spec:
      source: {registry: {url: "docker://registry.example/rhel9"}}
      storage: {resources: {requests: {storage: 30Gi}}}
"""
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")
    return [str(problem) for problem in raised.value.problems]


def test_every_golden_tree_is_what_the_schemas_allow() -> None:
    kinds = Kinds(FOLDER)
    seen = set()
    for file in sorted(GOLDEN.glob("*/tree/**/*.yaml")):
        seen |= {manifest["kind"] for manifest in kinds.check_manifests(file.read_bytes(), str(file))}
    assert seen >= {"DataImportCron", "DataSource", "Namespace"}


def test_every_schema_is_one_and_belongs_to_a_kind() -> None:
    titles = set()
    for file in sorted(FOLDER.iterdir()):
        schema = json.loads(file.read_text())
        Draft202012Validator.check_schema(schema)
        titles.add((schema["properties"]["apiVersion"]["const"], schema["title"]))
    assert titles == KINDS


def test_manifests_are_handed_back_as_data() -> None:
    found = Kinds(FOLDER).check_manifests(f"{CRON}---\n{HEAD}".encode(), "out.yaml")
    assert [(one["kind"], one["metadata"]["name"]) for one in found] == [
        ("DataImportCron", "rhel9-12345678"),
        ("ConfigMap", "a"),
    ]


def test_a_finding_names_the_line_of_the_output_the_field_and_what_stands_there() -> None:
    text = CRON.replace("schedule:", "shedule:")
    assert problems(text) == [
        'out.yaml:5:3: DataImportCron has no field spec.shedule, in: shedule: "" (did you mean schedule?)',
        'out.yaml:5:3: DataImportCron lacks spec.schedule, in: shedule: "" (add it)',
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("rhel9-12345678", "Rhel9", 'metadata.name "Rhel9" may hold a-z'),
        ("rhel9-12345678", "a" * 64, "metadata.name is longer than 63 characters"),
        ("namespace: golden-images", "namespace: a.b", 'metadata.namespace "a.b" may hold'),
        (", namespace: golden-images", "", "DataImportCron lacks metadata.namespace"),
        ("rhel9-12345678,", "a, labels: {a: 5},", "metadata.labels.a must be text"),
        ("rhel9-12345678,", 'a, labels: {a: "b c"},', 'metadata.labels.a "b c" may hold'),
        ("rhel9-12345678,", 'a, annotations: {"a/b/c": d},', 'the key "a/b/c" in metadata.annotations'),
        ("rhel9-12345678,", "a, ownerReferences: [],", "DataImportCron has no field metadata.ownerReferences"),
        ("name: rhel9", "generateName: rhel9", "metadata.generateName"),
        ("docker://", "https://", "CDI takes a digest here"),
        ("30Gi", "30GB", "A quantity such as 30Gi"),
        ('schedule: ""', "schedule: 5", "spec.schedule must be text"),
        ("managedDataSource: rhel9", "managedDataSource: rhel9\n  importsToKeep: -1", "spec.importsToKeep is not"),
        ("cdi.kubevirt.io/v1beta1", "cdi.kubevirt.io/v1alpha1", "(write cdi.kubevirt.io/v1beta1)"),
        ("kind: DataImportCron", "kind: 5", "kind must be text"),
        ("kind: DataImportCron\n", "", "a manifest needs apiVersion, kind and metadata.name"),
        ("metadata: {", "metadata: [{}]\nx: {", "metadata must be a map"),
        ("spec:\n  sch", "status: {}\nspec:\n  sch", "DataImportCron has no field status"),
    ],
)
def test_what_kubernetes_or_cdi_would_refuse_or_break_on_is_refused(before: str, after: str, said: str) -> None:
    assert before in CRON
    assert any(said in problem for problem in problems(CRON.replace(before, after)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("registry.example/rhel9", "registry.example/rhel9@sha256:ab"),
        ("managedDataSource: rhel9", "managedDataSource: rhel9\n  retentionPolicy: Keep"),
    ],
)
def test_what_cdi_admits_and_breaks_on_is_left_to_guardrails(before: str, after: str) -> None:
    assert Kinds(FOLDER).check_manifests(CRON.replace(before, after).encode(), "out.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
        "apiVersion: v2\nkind: Secret\nmetadata: {name: a}\ndata: {}\n",
        "apiVersion: a/v1\nkind: Bundle\nmetadata: {name: a}\nspec: {items: [{apiVersion: v1, kind: Secret}]}\n",
        "apiVersion: a/v1\nkind: Bundle\nmetadata: {name: a}\nspec: {x: {kind: Secret, stringData: {a: b}}}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: 5\n",
    ],
)
def test_a_secret_is_refused_wherever_it_stands(text: str) -> None:
    assert any("a Secret" in problem for problem in problems(text))


def test_a_reference_to_a_secret_is_none() -> None:
    text = "apiVersion: a/v1\nkind: Release\nmetadata: {name: a}\nspec: {from: {kind: Secret, name: a}}\n"
    assert Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")


def test_a_private_key_is_refused() -> None:
    for written in ('"-----BEGIN EC PRIVATE KEY-----\\n"', '"-----BEGIN EC PRIVATE \\x4bEY-----"'):
        assert problems(f"{HEAD}data: {{key: {written}}}\n")[0].startswith("out.yaml:4:13: a private key")
    assert "a private key" in problems(f"{HEAD}data:\n  key: >-\n    -----BEGIN PRIVATE\n    KEY-----\n")[0]


def test_a_list_of_objects_is_refused() -> None:
    assert "a List" in problems("apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems: []\n")[0]


def test_one_object_twice_is_refused() -> None:
    assert problems(f"{HEAD}---\n{HEAD}") == [
        "out.yaml:5:1: a second ConfigMap a, in: apiVersion: v1 (the first begins in line 1)"
    ]


@pytest.mark.parametrize("text", ["- a\n", "a\n", "apiVersion: v1\nkind: ConfigMap\n", "{}"])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    assert problems(text)


def test_output_that_is_no_yaml_is_refused() -> None:
    assert "not YAML" in problems("a: 'b\n")[0]


def test_other_kinds_pass_with_the_shape_of_an_object() -> None:
    text = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a, finalizers: [x/y]}\nspec: {hard: {pods: 5}}\n"
    assert Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")


def test_roles_may_be_named_as_kubernetes_names_them() -> None:
    text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: 'a:B_c', namespace: b}\nrules: []\n"
    assert Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")
    assert "no / and no %" in problems(text.replace("a:B_c", "a/b"))[0]


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("{kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}", None),
        ("{kind: ServiceAccount, name: s, namespace: n}", None),
        ("{kind: ServiceAccount, name: s}", "lacks subjects[0].namespace"),
        ("{kind: Group, name: g}", "lacks subjects[0].apiGroup"),
        ("{kind: Group, name: g, namespace: n, apiGroup: rbac.authorization.k8s.io}", "subjects[0].namespace is not"),
        ("{kind: Robot, name: g}", 'subjects[0].kind must be "User" or "Group" or "ServiceAccount"'),
    ],
)
def test_a_binding_names_its_subjects_as_the_api_server_wants_them(subject: str, said: str | None) -> None:
    text = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: b}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}}\nsubjects: [{subject}]\n"
    )
    if said:
        assert any(said in problem for problem in problems(text))
    else:
        assert Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")


KEPT = "argocd.argoproj.io/sync-options: 'ServerSideApply=true,Prune=false,Delete=false'"
FLUX = "kustomize.toolkit.fluxcd.io/prune: disabled"


@pytest.mark.parametrize("lost", ["Prune=false", "Delete=false", FLUX])
def test_a_namespace_that_an_engine_may_prune_is_refused(lost: str) -> None:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  annotations:\n    {KEPT}\n    {FLUX}\n"
    assert Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")
    assert problems(text.replace(lost, "a/b: c" if lost == FLUX else "X=y"))


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("lost", ["ServerSideApply=true", "Prune=false", "Delete=false"])
def test_a_hyperconverged_that_an_engine_may_delete_is_refused(version: str, lost: str) -> None:
    boot = "{enableCommonBootImageImport: false, dataImportCronTemplates: [{metadata: {name: a}}]}"
    spec = f"{{workloadSources: {boot}}}" if version == "v1" else boot
    text = (
        f"apiVersion: hco.kubevirt.io/{version}\nkind: HyperConverged\nmetadata:\n  name: kubevirt-hyperconverged\n"
        f"  namespace: openshift-cnv\n  annotations:\n    {KEPT}\n    {FLUX}\nspec: {spec}\n"
    )
    assert Kinds(FOLDER).check_manifests(text.encode(), "out.yaml")
    assert "uninstalls virtualization" in problems(text.replace(lost, "X=y"))[0]


def test_the_crons_that_a_hyperconverged_holds_are_held_to_their_schema() -> None:
    text = (
        "apiVersion: hco.kubevirt.io/v1beta1\nkind: HyperConverged\nmetadata:\n  name: kubevirt-hyperconverged\n"
        f"  namespace: openshift-cnv\n  annotations:\n    {KEPT}\n    {FLUX}\n"
        "spec: {dataImportCronTemplates: [{metadata: {name: a}, spec: {schedul: x}}]}\n"
    )
    assert any("no field spec.dataImportCronTemplates[0].spec.schedul" in problem for problem in problems(text))


def test_an_external_secret_with_content_is_refused() -> None:
    text = (
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a, namespace: b}\n"
        "spec: {secretStoreRef: {name: s}, target: {name: a, template: {data: {k: v}}}, data: []}\n"
    )
    assert any("no field spec.target.template" in problem for problem in problems(text))


@pytest.mark.parametrize("value", ["a" * 200_000, "a." * 100_000, "-" * 200_000, " " * 200_000])
def test_a_very_long_value_is_judged_at_once(value: str) -> None:
    assert problems(CRON.replace("managedDataSource: rhel9", f'managedDataSource: "{value}!"'))
    assert problems(HEAD + f'binaryData: {{a: "{value}!"}}\n')
