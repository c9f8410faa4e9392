"""One fine-tuning at a time on a host: a visible queue, pause, stop, and an end when nobody is watching any more."""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from viz.classify.finetune import Epoch, FineTuned, Step
from viz.kit.errors import Problem

LOG = logging.getLogger(__name__)
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
MAX_QUEUE = 20
KEPT = 6  # finished models that stay in memory on a host; the oldest goes first


@dataclass(eq=False)
class Job:
    """A training that a page asked for. The page reads these fields while the worker thread writes them.

    Attributes:
        work: ``work(job)`` does it in the worker thread, using ``job.on_step``, ``job.on_epoch`` and ``job.cancelled``.
        alive: whether somebody still wants the result; asked now and then, from any thread.
        patience: seconds that ``alive`` may say no (a connection that blinks) before the job ends.
    """

    work: Callable[["Job"], FineTuned]
    alive: Callable[[], bool] = lambda: True
    patience: float = 10.0
    state: str = WAITING
    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    result: FineTuned | None = None
    problem: Problem | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _stop: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)
    _seen: float = field(default_factory=time.monotonic)

    def __post_init__(self):
        self._go.set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    @property
    def ended(self) -> bool:
        return self.state in (DONE, FAILED)

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self) -> None:
        """Ask for the end; training hears it between two slices of a batch."""
        self._stop.set()
        self._go.set()

    def cancelled(self) -> bool:
        """True once somebody stopped the job or nobody has been watching for ``patience`` seconds."""
        time.sleep(0.002)  # lets go of the interpreter, so that a training of many short steps starves no page
        if self.alive():
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > self.patience:
            self.stop()
        return self._stop.is_set()

    def on_step(self, step: Step) -> None:
        self.steps.append(step)
        while not self._go.wait(0.2) and not self.cancelled():
            continue  # paused: hold the training, still ending it if the reader leaves

    def on_epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)


class Desk:
    """The host's queue. Its one worker thread starts with the first job and goes when there is none left.

    The thread is a daemon of our own, not a pool's: Python waits for a pool's threads at the end, so that a server
    could not be stopped before the last training was over.

    A desk knows the ids of its jobs as long as it lives; an id that it does not know is of a server that has gone.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._finished: deque[Job] = deque()
        self._ids: set[str] = set()
        self._worker: threading.Thread | None = None

    def __contains__(self, job_id: str) -> bool:
        """Whether a job with this id was ever submitted here."""
        return job_id in self._ids

    def submit(self, job: Job) -> Job:
        """Put a job at the end of the queue.

        Raises:
            Problem: the queue is full.
        """
        with self._lock:
            if len(self._waiting) >= MAX_QUEUE:
                raise Problem("Ya esperan {n} entrenamientos en este ordenador: prueba más tarde.", n=MAX_QUEUE)
            self._waiting.append(job)
            self._ids.add(job.id)
            if self._worker is None:
                self._worker = threading.Thread(target=self._run, name="fine-tuning", daemon=True)
                self._worker.start()
        return job

    def ahead(self, job: Job) -> int:
        """How many jobs come before this one, the running one included; 0 for one that runs or has ended."""
        with self._lock:
            line = [other for other in self._waiting if not other.cancelled() or other is job]
            return line.index(job) + (self._running is not None) if job in line else 0

    @property
    def length(self) -> int:
        """Jobs that run or wait."""
        with self._lock:
            return sum(not job.cancelled() for job in self._waiting) + (self._running is not None)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._worker = None
                    return
                job = self._running = self._waiting.popleft()
                job.state = RUNNING
            try:
                if not job.cancelled():
                    job.result = job.work(job)
                job.state = DONE
            except Problem as problem:
                job.problem, job.state = problem, FAILED
            except Exception:
                # The queue must outlive any one job; the page says that it failed, the log says why.
                job.problem = Problem("El entrenamiento falló por un error del programa.")
                job.state = FAILED
                LOG.exception("fine-tuning failed")
            with self._lock:
                self._running = None
                self._finished.append(job)
                if len(self._finished) > KEPT:
                    self._finished.popleft().result = None
