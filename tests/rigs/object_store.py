"""An object store in memory, and what the contract suite needs to know of an adapter."""

from collections.abc import Callable, Mapping, Sequence

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.ports.object_store import ArchivedError, StoredObject


class RigObjectStore:
    """An `ObjectStore` in a dict: the shortest text of what one is. `down` makes it refuse for now.

    `cold` finds the other stores of its cloud by name; `restored` are archived objects that can be read, where the
    cloud has to restore them (`restores`).
    """

    def __init__(self, others: Mapping[str, "RigObjectStore"] | None = None) -> None:
        self._others = others or {}
        self.bodies: dict[str, bytes] = {}
        self.down = False
        self.restores = False
        self.restored: set[str] = set()
        self.readable: set[str] = set()  # read at once, whatever the class
        self.before_create: Callable[[str], None] = lambda _: None
        self.fuse: Callable[[], None] = lambda: None  # called before everything, and may raise

    def create(self, name: str, body: bytes, *, readable: bool = False) -> None:
        self._lit()
        self.before_create(name)
        if readable:
            self.readable.add(name)
        if self.bodies.setdefault(name, body) != body:
            raise FinalError(f"{name} is there with another content", 409)

    def read(self, name: str) -> bytes:
        self._lit()
        if name not in self.bodies:
            raise FinalError(f"there is no object {name}", 404)
        if self._archived(name):
            raise ArchivedError(name)
        return self.bodies[name]

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        self._lit()
        names = sorted(name for name in self.bodies if name.startswith(prefix) and name > after)
        return [StoredObject(name, len(self.bodies[name]), self._archived(name)) for name in names[:limit]]

    def delete(self, name: str) -> None:
        self._lit()
        self.bodies.pop(name, None)

    def take(self, name: str, bucket: str) -> None:
        self.create(name, self._others[bucket].read(name))

    def restore(self, name: str) -> str:
        self._lit()
        self.restored.add(name)
        return "2026-01-15T12:00:00.000Z"

    def _archived(self, name: str) -> bool:
        return self.restores and name not in self.restored | self.readable

    def _lit(self) -> None:
        self.fuse()
        if self.down:
            raise RetryableError("the object store is dark")


class ObjectStoreRig:
    """Two object stores of one cloud: `store`, and `other` (known by `other_name`) to take objects from."""

    def __init__(self) -> None:
        self.other_name = "cold"
        self.other = RigObjectStore()
        self.store = RigObjectStore({self.other_name: self.other})
