"""A deployment as a repository of its own: Terraform configuration, archives and a README; nothing in it needs t2mc.

Owns what is written where. The same project and options give the same files; no secret is among them.
"""

import shlex
import shutil
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.operations.current_bundles import require_current_bundles
from twin2multicloud.operations.twin_models import export as export_twin
from twin2multicloud.operations.twin_publishing import is_published
from twin2multicloud.planning.clouds import label_of, pack
from twin2multicloud.project.json_files import write_atomically
from twin2multicloud.terraform.engine import CONFIGURATION
from twin2multicloud.terraform.render.render import ENGINE_VERSION, IDENTITY
from twin2multicloud.terraform.rollout import Rollout

VALUES, BUNDLES, PUBLISH, README = "terraform.tfvars.json", "bundles", "publish.sh", "README.md"
TWIN = "twin.json"
"""Models and twins, where L4's service holds its own."""
_IGNORED = (".terraform/", "*.tfstate", "*.tfstate.*", "*.tfplan", "crash.log")


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `notes` are sentences for people."""

    folder: Path
    archives: int
    notes: tuple[str, ...] = ()


def export(rollout: Rollout, folder: Path) -> Exported:
    """Write the repository; of an earlier export, archives of functions that are no more are removed.

    Raises ConfigurationError for a folder that holds something else, and for archives that are missing or old, before
    anything is written.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / CONFIGURATION).exists():
        raise ConfigurationError(f"{folder} is not empty and holds no export of t2mc; name an empty folder")
    require_current_bundles(rollout)
    folder.mkdir(parents=True, exist_ok=True)
    config = {**rollout.config, "variable": dict(rollout.config["variable"])}
    config["variable"]["bundles"] = {**config["variable"]["bundles"], "default": BUNDLES}
    archives = [f"{cloud}/{function}.zip" for cloud, function in rollout.functions]
    shutil.rmtree(folder / BUNDLES, ignore_errors=True)
    for name in archives:
        (folder / BUNDLES / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(rollout.bundles / name, folder / BUNDLES / name)
    texts = {
        CONFIGURATION: _json(config),
        VALUES: _json(rollout.chosen_values),
        ".gitignore": "\n".join(_IGNORED) + "\n",
        README: _readme(rollout),
    }
    published = _published(rollout)
    if published:
        texts[PUBLISH] = _publish_script(rollout, published)
    else:
        (folder / PUBLISH).unlink(missing_ok=True)
    if is_published(rollout.project.twin):
        texts[TWIN] = _json(export_twin(rollout.project.twin, rollout.project.twin.placement[Slot.L4]))
    else:
        (folder / TWIN).unlink(missing_ok=True)
    for name, text in texts.items():
        write_atomically(folder / name, text, mode=0o755 if name == PUBLISH else 0o644)
    return Exported(folder=folder, archives=len(archives), notes=_notes(rollout))


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted")).decode() + "\n"


def _published(rollout: Rollout) -> dict[Cloud, str]:
    """The clouds where code does not come with Terraform, and the command that brings it."""
    clouds = dict.fromkeys(cloud for cloud, _ in rollout.functions)
    by_hand = {cloud: deployed.publish_by_hand for cloud in clouds if (deployed := pack(cloud).deployed) is not None}
    return {cloud: command for cloud, command in by_hand.items() if command}


def _publish_script(rollout: Rollout, commands: dict[Cloud, str]) -> str:
    lines = [
        "#!/bin/sh",
        "# Brings code to the functions that Terraform makes without it. Run it after each `terraform apply`.",
        "set -eu",
        'cd "$(dirname "$0")"',
    ]
    for cloud, command in commands.items():
        functions = [name for place, name in rollout.functions if place == cloud]
        read = "import json, sys; print(json.load(sys.stdin)[sys.argv[1]])"
        lines += [
            f'apps=$("${{TERRAFORM:-terraform}}" output -json {cloud}_apps)',
            f"for function in {' '.join(map(shlex.quote, functions))}; do",
            f'  id=$(printf %s "$apps" | python3 -c \'{read}\' "$function")',
            f'  archive="{BUNDLES}/{cloud}/$function.zip"',
            f"  {command}",
            "done",
        ]
    return "\n".join(lines) + "\n"


def _notes(rollout: Rollout) -> tuple[str, ...]:
    state = rollout.state_file
    if state is None or not state.is_file():
        return ()
    return (
        f"the twin is deployed, and its state is {state}; copy it beside {CONFIGURATION} to go on with what is "
        "deployed, and use t2mc deploy no more: it holds the token between clouds, so keep it out of the repository",
    )


def _readme(rollout: Rollout) -> str:
    return "\n".join([_what_it_is(rollout), _deploying(rollout), _state(rollout), _devices(rollout)])


def _what_it_is(rollout: Rollout) -> str:
    twin = rollout.project.twin.name
    clouds = ", ".join(label_of(each) for each in rollout.topology.placement.clouds)
    others = [name for name in rollout.config["variable"] if name not in (*rollout.chosen_values, BUNDLES)]
    defaults = f"; {', '.join(sorted(others))} have their defaults" if others else ""
    return f"""# {twin}

The infrastructure of the digital twin `{twin}` on {clouds}, for Terraform or OpenTofu ({ENGINE_VERSION}).
It was exported by Twin2MultiCloud, and does not need it.

| file | what |
|---|---|
| `{CONFIGURATION}` | all resources, in Terraform's JSON syntax |
| `{VALUES}` | the variables that were chosen{defaults} |
| `{BUNDLES}/<cloud>/<function>.zip` | the code of the functions |
"""


def _deploying(rollout: Rollout) -> str:
    publish = ""
    if _published(rollout):
        publish = f"\n./{PUBLISH}   # brings code to the functions that Terraform makes without; needs python3"
    return f"""## Deploying

Credentials are those of the providers, whose documentation says where they look for them.

```sh
terraform init
terraform plan
terraform apply{publish}
```
{_twins(rollout)}"""


def _twins(rollout: Rollout) -> str:
    if not is_published(rollout.project.twin):
        return ""
    cloud = rollout.project.twin.placement[Slot.L4]
    return f"""
What the twin service holds of the project is no resource of Terraform: `{TWIN}` has it as the service's own calls take
it, each list in the order in which it may be sent to what the output `{cloud}_twin_service` names. Functions are named
there by an account that is a placeholder. Values arrive once all of it is there.
"""


def _state(rollout: Rollout) -> str:
    (kind, settings), *_ = rollout.config["terraform"]["backend"].items()
    chosen = ", ".join(f"{name} = {value}" for name, value in sorted(settings.items()))
    where = f"in the backend {kind} ({chosen})" if settings else "in `terraform.tfstate` beside it"
    deployed = pack(rollout.topology.placement[Slot.L1]).deployed
    first = deployed.in_the_way if deployed is not None else ""
    held = (
        f" Devices that are registered have to be removed first: `{first}` cannot be deleted before." if first else ""
    )
    return f"""## State

The state is kept {where}. It holds the token between clouds: keep it out of the repository.
`terraform output` lists the addresses, and `{IDENTITY}` among them says whose a state is.
`terraform destroy` removes everything, data included.{held}
"""


def _devices(rollout: Rollout) -> str:
    cloud = pack(rollout.topology.placement[Slot.L1])
    how = cloud.deployed.register_by_hand if cloud.deployed is not None else ""
    return f"## Devices\n\nThey connect to {cloud.label}. {how}" if how else ""
