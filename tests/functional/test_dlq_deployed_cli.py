"""t2mc dlq --deployed as a user types it: what a deployed function dead-lettered is listed, sent again and dropped.

The engine works with stand-in providers; the queues are moto's, which the state is told of.
"""

import json
from pathlib import Path

import pytest
from tests.rigs import command_line, vendor_clients
from tests.rigs.chance import RigChance
from tests.rigs.clock import START, RigClock
from tests.rigs.readings import reading
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles
from tests.rigs.vendor_processes import moto_account, need_package
from tests.rigs.vendor_queues import SqsQueues, sqs_drain

from twin2multicloud.clouds.aws import queue as sqs
from twin2multicloud.planning.planner import plan
from twin2multicloud.ports.dead_letters import DeadLetter, Unread
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]


def test_letters_of_a_deployed_twin_are_listed_sent_again_and_dropped(tmp_path: Path) -> None:
    terraform()  # or skip
    need_package("boto3")
    folder = tmp_path / "home"
    write_template("smart-home", folder)
    providers = folder / "config_providers.json"
    everything = json.loads(providers.read_text(encoding="utf-8"))
    providers.write_text(json.dumps(dict.fromkeys(everything, "aws")), encoding="utf-8")
    with stand_in_providers() as (_, engine):
        env = clean_environment({**engine, **moto_account()})

        def t2mc(*arguments: object) -> tuple[int, str, str]:
            done = command_line.t2mc(*arguments, env=env, columns=200)
            return done.returncode, done.stdout, " ".join(done.stderr.split())

        nothing = t2mc("dlq", "list", folder, "--deployed")
        assert (nothing[0], "run `t2mc deploy" in nothing[2]) == (1, True)
        write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
        code, said, beside = t2mc("deploy", folder, "--yes")
        assert code == 0, said + beside

        client = vendor_clients.aws("sqs")
        made = SqsQueues(client)
        state = folder / ".t2mc" / "terraform" / "terraform.tfstate"
        content = json.loads(state.read_text(encoding="utf-8"))
        letters = content["outputs"]["aws_dead_letters"]["value"]
        kept = ("device", "l1-to-l2", "l2-to-l3-hot", "errors")
        assert set(letters) == {f"home-{name}-dead-letters" for name in kept}
        assert letters["home-device-dead-letters"]["devices"], "they go to the dispatcher's queue, as the rule's events"
        for address in letters.values():
            for name in {"url", "target"} & set(address):
                address[name] = made.make(vendor_clients.unique(name))
        state.write_text(json.dumps(content), encoding="utf-8")

        queues = sqs.queues(client, RigClock(), RigChance())
        message = reading({"device_id": "d", "timestamp": START, "message_id": "m", "n": 1, "trace_id": "a" * 32})
        of_user_code, of_devices = letters["home-l1-to-l2-dead-letters"], letters["home-device-dead-letters"]
        queues.dead_letters(of_user_code["url"]).put([DeadLetter(message, "ValueError: thirteen")])
        unread = Unread(b"hello", "dt/home/d/telemetry", "d", START)
        queues.dead_letters(of_devices["url"]).put([DeadLetter(unread, "not JSON")])

        code, said, beside = t2mc("dlq", "list", folder, "--deployed", "--json")
        assert code == 0, beside
        groups = {each["reason"]: each for each in json.loads(said)["groups"]}
        assert {reason: each["boundary"] for reason, each in groups.items()} == {
            "ValueError: thirteen": "L1 → L2",
            "not JSON": "devices → L1",
        }
        shown = t2mc("dlq", "show", folder, groups["not JSON"]["example"], "--deployed")
        assert shown[1].endswith("hello\n"), shown
        code, said, beside = t2mc("dlq", "redrive", folder, "--deployed", "--reason", "thirteen")
        assert (code, "1 messages are on their way again" in said) == (0, True), beside
        assert [b'"message_id":"m"' in each for each in sqs_drain(of_user_code["target"])] == [True]
        assert t2mc("dlq", "drop", folder, "--deployed", "--yes")[0] == 0
        assert "no dead letters" in t2mc("dlq", "list", folder, "--deployed")[1]
