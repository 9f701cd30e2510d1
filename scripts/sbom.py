"""Writes what a deployment consists of as a CycloneDX bill of materials, from the locks alone: `./go check` does it each time.

    build/gpic.cdx.json     every package of requirements/run.lock, of npm what the wheel carries: versions, hashes, licences

The same locks give the same file: it has no time and no random number in it. It is held against CycloneDX's own schema.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Final

import jsonschema_rs

ROOT: Final = Path(__file__).resolve().parent.parent
INTO: Final = ROOT / "build" / "gpic.cdx.json"
PACKAGE: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)")
HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VIA: Final = re.compile(r"^    #(?: via)?\s+([a-z0-9][a-z0-9._-]*)")
SCHEMA: Final = "bom-1.6.SNAPSHOT.schema.json"
#: What the schema of a bill looks up beside itself.
BESIDE: Final = ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")

Json = dict[str, object]


def python_packages(lock: str) -> Iterator[Json]:
    """The components of a lock in pip's form."""
    for block in re.split(r"(?m)^(?=[a-z0-9])", lock):
        if (found := PACKAGE.match(block)) is not None:
            name, version = found.groups()
            yield {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                # Which of a package's files is installed hangs on the machine, so each is told.
                "properties": [{"name": "gpic:sha256", "value": one} for one in HASH.findall(block)],
                **licences(name),
            }


def licences(name: str) -> Json:
    """What an installed package says of its licence, where it says so in SPDX's words."""
    try:
        said = metadata.metadata(name).json.get("license_expression")
    except metadata.PackageNotFoundError:
        return {}
    return {"licenses": [{"expression": said}]} if said else {}


def depends_on(lock: str) -> dict[str, set[str]]:
    """Who needs whom, by name; "gpic" for ourselves."""
    needs: dict[str, set[str]] = {}
    for block in re.split(r"(?m)^(?=[a-z0-9])", lock):
        if (found := PACKAGE.match(block)) is not None:
            for line in block.splitlines():
                if (via := VIA.match(line)) is not None:
                    needs.setdefault(via[1], set()).add(found[1])
    return needs


def page_assets(lock: str) -> Iterator[Json]:
    """What of npm goes into the wheel."""
    for path, package in json.loads(lock)["packages"].items():
        if path and not package.get("dev"):
            name, version = path.rpartition("node_modules/")[2], package["version"]
            algorithm, _, digest = package["integrity"].partition("-")
            yield {
                "type": "library",
                "bom-ref": f"pkg:npm/{name}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:npm/{name}@{version}",
                "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
                "licenses": [{"license": {"id": package["license"]}}],
            }


def bill(run_lock: str, npm_lock: str, version: str) -> Json:
    """The whole bill."""
    packages = [*python_packages(run_lock)]
    assets = [*page_assets(npm_lock)]
    refs = {str(one["name"]): str(one["bom-ref"]) for one in packages}
    purl = f"pkg:pypi/gpic@{version}"
    ours: Json = {"type": "application", "bom-ref": "gpic", "name": "gpic", "version": version, "purl": purl}
    needs = depends_on(run_lock)
    dependencies: list[Json] = [
        {"ref": ref, "dependsOn": sorted(refs[one] for one in needs.get(name, ()) if one in refs)} for name, ref in refs.items()
    ]
    of_ours = [refs[one] for one in needs.get("gpic", ()) if one in refs] + [str(one["bom-ref"]) for one in assets]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, run_lock + npm_lock + version).urn,
        "version": 1,
        "metadata": {"component": ours},
        "components": [*packages, *assets],
        "dependencies": [{"ref": "gpic", "dependsOn": sorted(of_ours)}, *dependencies],
    }


def mistakes(document: Json) -> list[str]:
    """Where it does not follow CycloneDX 1.6."""
    folder = resources.files("cyclonedx.schema") / "_res"
    schema, *beside = [json.loads((folder / name).read_text(encoding="utf-8")) for name in (SCHEMA, *BESIDE)]
    registry = jsonschema_rs.Registry(
        [(f"http://cyclonedx.org/schema/{name}", one) for name, one in zip(BESIDE, beside, strict=True)]
    )
    return [str(one.message) for one in jsonschema_rs.Draft7Validator(schema, registry=registry).iter_errors(document)]


def from_the_locks() -> Json:
    """The bill of what lies here."""
    run_lock, npm_lock = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements/run.lock", "package-lock.json")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return bill(run_lock, npm_lock, project["version"])


def main() -> int:
    """0 when the bill is written and is one."""
    document = from_the_locks()
    wrong = mistakes(document)
    for one in wrong:
        print(f"sbom: {one}", file=sys.stderr)
    INTO.parent.mkdir(exist_ok=True)
    INTO.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    count = len(document["components"]) if isinstance(document["components"], list) else 0
    print(f"sbom: {count} components in {INTO.relative_to(ROOT)}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
