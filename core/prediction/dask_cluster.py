"""Pieces answered by the workers of a Dask cluster, each its own copy of Paperlens."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from core.files.errors import BatchError
from core.prediction import batch
from core.prediction.batch import Interrupted, Part, Piece, Work

if TYPE_CHECKING:
    from distributed import Client

CONNECTING = 10
"""Seconds a scheduler may take to answer."""
JOINING = 30
"""Seconds without any worker after which a run gives up; it can go on later."""


class Cluster:
    """The workers of the scheduler at an address such as tcp://host:8786.

    Every worker runs in Paperlens' folder with the same models; a piece whose worker is lost goes
    to another. Raises BatchError where Dask is not installed or no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        if not find_spec("distributed"):
            raise BatchError(
                "A cluster needs the library distributed: pip install -r requirements-cluster.txt."
            )
        self.address = address
        self.size = 1

    def answers(self, job: Work, pieces: Iterable[Piece]) -> Iterator[Part]:
        """The answer to each piece, in order.

        Raises Interrupted where the scheduler or the last worker is lost, BatchError for workers
        that cannot do the work.
        """
        with _connected(self.address) as client:
            self._count(client)
            self._check(client)
            waiting: deque[Any] = deque()
            for piece in pieces:
                waiting.append(client.submit(batch.work, job, piece, pure=False))
                if len(waiting) >= batch.AHEAD * self.size:
                    yield self._answer(client, waiting.popleft())
            while waiting:
                yield self._answer(client, waiting.popleft())

    def _count(self, client: "Client") -> None:
        """Count the workers' threads; wait for the first of them."""
        try:
            client.wait_for_workers(1, timeout=JOINING)
        except TimeoutError:
            raise Interrupted(
                f"The scheduler at {self.address} has no workers; start some and run the command "
                "again to go on from there."
            ) from None
        self.size = max(1, sum(client.nthreads().values()))

    def _check(self, client: "Client") -> None:
        """Have every worker import what it runs; one that cannot would leave at its first piece."""
        tries = [
            client.submit(import_module, batch.__name__, workers=[worker], pure=False)
            for worker in client.nthreads()
        ]
        for each in tries:
            if missing := each.exception(timeout=JOINING):
                raise BatchError(
                    f"A worker cannot do the work ({missing}); start the workers in Paperlens' "
                    "folder, with its environment."
                )

    def _answer(self, client: "Client", future: Any) -> Part:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        while True:
            try:
                return future.result(timeout=JOINING)
            except TimeoutError:
                self._count(client)
            except KilledWorker:
                raise Interrupted(
                    "Several workers died over one piece, perhaps for want of memory; give them "
                    "more and run the command again to go on from there."
                ) from None
            except (CancelledError, CommClosedError, OSError):
                raise Interrupted(
                    f"The scheduler at {self.address} was lost; run the command again to go on "
                    "from there."
                ) from None


def _connected(address: str) -> "Client":
    """A client of the scheduler. Raises BatchError where none answers."""
    from distributed import Client

    # A user reads what Paperlens says; of the cluster's own doings the scheduler keeps a log.
    for name in [
        name for name in logging.root.manager.loggerDict if name.startswith("distributed")
    ]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).split("\n")[0][:200]
        raise BatchError(f"No scheduler answers at {address}: {reason}.") from None
