"""docs/clusters.md: the recipes name programs and options that there are, and what the operator of dask-kubernetes takes."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from geoverify.cli import app

pytest.importorskip("distributed", reason="needs the extra geoverify[dask]")

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "clusters.md").read_text("utf-8")
SCRIPTS = [script.replace("\\\n", " ") for script in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
# For both programs of Dask.
SHARED = re.search(r'^DASK="(.*)"$', PAGE, re.MULTILINE)


def list_options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def options_of(program: str) -> set[str]:
    from distributed.cli import dask_scheduler, dask_worker

    main: Any = get_command(app)
    found = {"dask scheduler": dask_scheduler.main, "dask worker": dask_worker.main, "geoverify match": main.commands["match"]}
    return list_options(found[program])


def manifest() -> dict[str, Any]:
    import yaml

    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return yaml.safe_load(text)


def pods() -> Iterator[dict[str, Any]]:
    spec = manifest()["spec"]
    yield spec["job"]["spec"]
    for part in spec["cluster"]["spec"].values():
        yield part["spec"]


def commands() -> Iterator[str]:
    for script in SCRIPTS:
        for command in re.findall(r"(?:dask (?:scheduler|worker)|geoverify match) [^\n&#]*", script):
            yield command.replace("$DASK", SHARED[1] if SHARED else "")
    for pod in pods():
        for container in pod["containers"]:
            yield " ".join(container["args"])


@pytest.mark.parametrize("command", list(commands()))
def test_a_recipe_names_programs_and_options_that_exist(command):
    program = " ".join(command.split()[:2])
    assert set(re.findall(r"(?<!\S)--[\w-]+", command)) <= options_of(program), command


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_one_for_bash(script):
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_every_pod_has_the_keys_and_mounts_what_it_names():
    for pod in pods():
        (container,) = pod["containers"]
        assert {"name": "DASK_CONFIG", "value": "/keys"} in container["env"]
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_only_the_run_writes_and_only_to_the_case():
    for pod in pods():
        for mount in pod["containers"][0]["volumeMounts"]:
            assert mount.get("readOnly") or mount["name"] in ("keys", "case")
    assert [any(volume["name"] == "case" for volume in pod["volumes"]) for pod in pods()] == [True, False, False]


def test_quantities_are_strings_and_no_port_is_a_number_in_words():
    cluster = manifest()["spec"]["cluster"]["spec"]
    limits = cluster["worker"]["spec"]["containers"][0]["resources"]["limits"]
    assert all(isinstance(quantity, str) for quantity in limits.values())
    assert all("targetPort" not in port for port in cluster["scheduler"]["service"]["ports"])
