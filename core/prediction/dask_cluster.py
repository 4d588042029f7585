"""An executor that answers chunks on a Dask cluster."""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from core.files.errors import BatchError
from core.prediction import batch
from core.prediction.batch import ChunkResult, InputChunk, Interrupted, JobSpec

if TYPE_CHECKING:
    from distributed import Client

CONNECTING = 10
"""The timeout for a scheduler to answer, in seconds."""
JOINING = 30
"""Seconds without any worker after which a run gives up; it can be resumed later."""


class DaskExecutor:
    """The workers of the scheduler at an address such as tcp://host:8786.

    Every worker runs in Paperlens' folder with the same models; a chunk whose worker is lost is
    sent to another. Raises BatchError where Dask is not installed or no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        if not find_spec("distributed"):
            raise BatchError(
                "A cluster needs the library distributed: pip install -r requirements-cluster.txt."
            )
        self.address = address
        self.size = 1

    def map(self, spec: JobSpec, chunks: Iterable[InputChunk]) -> Iterator[ChunkResult]:
        """The result of each chunk, in order.

        Raises Interrupted where the scheduler or the last worker is lost, BatchError for workers
        that cannot do the work.
        """
        with _connected(self.address) as client:
            self._count(client)
            self._check(client)
            submit = partial(client.submit, batch.answer_chunk, spec, pure=False)
            yield from batch.map_ahead(self, submit, partial(self._result, client), chunks)

    def _count(self, client: "Client") -> None:
        """Count the workers' threads; wait for the first of them."""
        try:
            client.wait_for_workers(1, timeout=JOINING)
        except TimeoutError:
            raise Interrupted(
                "The scheduler at {address} has no workers; start some and run the command again "
                "to go on from there.",
                address=self.address,
            ) from None
        self.size = max(1, sum(client.nthreads().values()))

    def _check(self, client: "Client") -> None:
        """Have every worker import its code; one that cannot would fail at its first chunk."""
        imports = [
            client.submit(import_module, batch.__name__, workers=[worker], pure=False)
            for worker in client.nthreads()
        ]
        for result in imports:
            if missing := result.exception(timeout=JOINING):
                raise BatchError(
                    "A worker cannot do the work ({reason}); start the workers in Paperlens' "
                    "folder, with its environment.",
                    reason=missing,
                )

    def _result(self, client: "Client", future: Any) -> ChunkResult:
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
                    "The scheduler at {address} was lost; run the command again to go on from "
                    "there.",
                    address=self.address,
                ) from None


def _connected(address: str) -> "Client":
    """A client of the scheduler. Raises BatchError where none answers."""
    from distributed import Client

    # Users see only messages of Paperlens; the scheduler logs those of the cluster.
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).split("\n")[0][:200]
        raise BatchError(
            "No scheduler answers at {address}: {reason}.", address=address, reason=reason
        ) from None
