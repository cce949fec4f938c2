"""Component types and entities of a deployed twin, brought to its TwinMaker workspace. Ships in no bundle.

Which calls that takes, `models.twinmaker_changes` says. Types and entities are made, changed and deleted behind the
call's back, so that each is waited for: what needs it is refused until it is there (`status.state`; botocore's model).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from twin2multicloud.clouds.aws.invocation import operators_client
from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.models.twinmaker_changes import Call, Instance, changes, entity_updates, instance, removal

WORKSPACE, READERS = "aws_twin_service", "aws_twin_readers"
"""Outputs: the workspace's id, and the ARNs of the functions that read for it, by their names in the plan."""

_EVERY_SECONDS, _PATIENCE_SECONDS = 1.0, 600.0
_PAGE = 200
_SNAKE = {
    "CreateComponentType": "create_component_type",
    "UpdateComponentType": "update_component_type",
    "DeleteComponentType": "delete_component_type",
    "CreateEntity": "create_entity",
    "UpdateEntity": "update_entity",
    "DeleteEntity": "delete_entity",
    "DeleteScene": "delete_scene",
}


class WorkspacePublisher:
    """A `TwinPublisher`. `client` is boto3's of ``iottwinmaker``; `readers` are ARNs by function."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 makes its classes when it runs
        workspace: str,
        readers: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._workspace, self._readers, self._sleep = client, workspace, readers, sleep

    def missing(self, exported: Mapping[str, Any]) -> int:
        """See `TwinPublisher.missing`."""
        return len(changes(self._addressed(exported), self._there()))

    def publish(self, exported: Mapping[str, Any], done: Callable[[], None]) -> int:
        """See `TwinPublisher.publish`."""
        return self._make(changes(self._addressed(exported), self._there()), done)

    def withdraw(self, done: Callable[[], None]) -> int:
        """See `TwinPublisher.withdraw`: a workspace is deleted only when it is empty."""
        return self._make(removal(self._there()), done)

    def _make(self, calls: list[Call], done: Callable[[], None]) -> int:
        for each in calls:
            if each.name == "UpdateEntity":
                before = self._ask("get_entity", entityId=each.arguments["entityId"])
                for arguments in entity_updates(each.arguments, before):
                    self._do(each.name, arguments)
            else:
                self._do(each.name, each.arguments)
            done()
        return len(calls)

    def _do(self, name: str, arguments: Mapping[str, Any]) -> None:
        self._patiently(name, lambda: self._ask(_SNAKE[name], **arguments))
        if "Scene" in name:
            return
        key = "entityId" if name.endswith("Entity") else "componentTypeId"
        self._settle(name, f"get_{_SNAKE[name].partition('_')[2]}", {key: arguments[key]})

    def _settle(self, doing: str, look: str, what: Mapping[str, str]) -> None:
        """Wait until what was made or changed is active, and what was deleted is gone."""
        waited = 0.0
        while waited < _PATIENCE_SECONDS:
            found = self._status(look, what)
            if found is None or (found["state"] == "ACTIVE" and not doing.startswith("Delete")):
                return
            if found["state"] == "ERROR":
                said = found.get("error", {}).get("message", "the service does not say why")
                raise FinalError(f"{doing} of {next(iter(what.values()))!r}: {said}")
            self._sleep(_EVERY_SECONDS)
            waited += _EVERY_SECONDS
        raise RetryableError(f"{doing} of {next(iter(what.values()))!r} was not done after {_PATIENCE_SECONDS:g} s")

    def _status(self, look: str, what: Mapping[str, str]) -> Mapping[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            with domain_errors(look):
                found: Mapping[str, Any] = getattr(self._client, look)(workspaceId=self._workspace, **what)["status"]
        except ConfigurationError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return found

    def _patiently(self, doing: str, call: Callable[[], object]) -> None:
        """Make a call again while the service is busy; boto3's own attempts are few."""
        waited = 0.0
        while True:
            try:
                call()
            except RetryableError as error:
                wait = error.retry_after or _EVERY_SECONDS
                if waited + wait > _PATIENCE_SECONDS:
                    raise RetryableError(f"{doing}: {error}") from error
                self._sleep(wait)
                waited += wait
            else:
                return

    def _there(self) -> Instance:
        types = self._listed("list_component_types", "componentTypeSummaries")
        entities = self._listed("list_entities", "entitySummaries")
        return instance(types, entities, self._listed("list_scenes", "sceneSummaries"))

    def _listed(self, name: str, rows: str) -> Iterator[Mapping[str, Any]]:
        page = self._ask(name, maxResults=_PAGE)
        yield from page[rows]
        while page.get("nextToken"):
            page = self._ask(name, maxResults=_PAGE, nextToken=page["nextToken"])
            yield from page[rows]

    def _ask(self, name: str, **arguments: object) -> Mapping[str, Any]:
        with domain_errors(f"{name} in the TwinMaker workspace {self._workspace!r}"):
            found: Mapping[str, Any] = getattr(self._client, name)(workspaceId=self._workspace, **arguments)
        return found

    def _addressed(self, exported: Mapping[str, Any]) -> Mapping[str, Any]:
        """An export whose functions are those of this deployment: it names them in an account that is not known."""
        text = msgspec.json.encode({key: exported[key] for key in ("componentTypes", "entities")}).decode()
        for each in exported["componentTypes"]:
            for function in each.get("functions", {}).values():
                arn = str(function["implementedBy"]["lambda"]["arn"])
                name = arn.rpartition(":")[2].removeprefix(f"{self._workspace}-")
                if name not in self._readers:
                    raise ConfigurationError(f"the deployment has no {name}; run `t2mc deploy` again, then retry")
                text = text.replace(f'"{arn}"', f'"{self._readers[name]}"')
        found: Mapping[str, Any] = msgspec.json.decode(text)
        return found


def open_publisher(outputs: Mapping[str, Any]) -> WorkspacePublisher:
    """The workspace of a deployed twin, by its outputs ``aws_twin_service``, ``aws_twin_readers`` and ``aws_region``.

    Signs in as boto3 finds credentials.
    """
    settings = {"retries": {"mode": "standard", "total_max_attempts": 5}}
    client = operators_client("publishing twins to AWS needs", "iottwinmaker", outputs["aws_region"], settings)
    return WorkspacePublisher(client, str(outputs[WORKSPACE]), outputs[READERS])
