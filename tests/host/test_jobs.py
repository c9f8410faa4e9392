"""One training at a time, in order, stoppable, gone with its reader."""

import threading
import time

import pytest

from host.jobs import DONE, FAILED, KEPT, MAX_QUEUE, RUNNING, WAITING, Desk, Job
from tests.small import small_bert, small_data
from viz import Problem
from viz.classify.finetune import Settings, fine_tune


def wait(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "too slow"
        time.sleep(0.01)


def holding(started: threading.Event | None = None):
    def work(job):
        if started:
            started.set()
        while not job.cancelled():
            time.sleep(0.01)
        return "result"

    return work


def test_one_at_a_time_in_order():
    desk, order = Desk(), []
    first = desk.submit(Job(holding()))
    others = [desk.submit(Job(lambda job, n=n: order.append(n))) for n in range(3)]
    wait(lambda: first.state == RUNNING)
    assert [desk.ahead(job) for job in others] == [1, 2, 3] and desk.length == 4
    assert all(job.state == WAITING for job in others)
    first.stop()
    wait(lambda: all(job.ended for job in others))
    assert order == [0, 1, 2] and first.result == "result" and desk.length == 0


def test_a_worker_comes_back_for_a_later_job():
    desk = Desk()
    for _ in range(3):
        job = desk.submit(Job(lambda job: "x"))
        wait(lambda job=job: job.state == DONE)


def test_leaving_the_queue():
    desk, ran = Desk(), []
    first = desk.submit(Job(holding()))
    second, third = (desk.submit(Job(lambda job, n=n: ran.append(n))) for n in (2, 3))
    second.stop()
    assert desk.ahead(third) == 1
    first.stop()
    wait(lambda: third.ended)
    assert ran == [3] and second.result is None


def test_a_failure_does_not_block_the_others():
    desk = Desk()

    def problem(job):
        raise Problem("«{x}» no vale.", x="eso")

    def bug(job):
        raise RuntimeError("secret detail")

    bad, worse, good = (desk.submit(Job(work)) for work in (problem, bug, lambda job: "bien"))
    wait(lambda: good.ended)
    assert bad.state == worse.state == FAILED and str(bad.problem) == "«eso» no vale."
    assert "secret" not in str(worse.problem) and good.result == "bien"


def test_it_ends_when_nobody_watches():
    here = [True]
    job = Desk().submit(Job(holding(), alive=lambda: here[0], patience=0.3))
    wait(lambda: job.state == RUNNING)
    time.sleep(0.5)
    assert job.state == RUNNING
    here[0] = False
    wait(lambda: job.ended, 5)


def test_a_blink_is_forgiven():
    blink = iter([True, False, False, True])
    job = Job(holding(), alive=lambda: next(blink, True), patience=5)
    assert not any(job.cancelled() for _ in range(8))


def test_queue_and_memory_are_bounded():
    desk = Desk()
    first = desk.submit(Job(holding()))
    wait(lambda: first.state == RUNNING)
    jobs = [desk.submit(Job(lambda job: "model")) for _ in range(MAX_QUEUE)]
    with pytest.raises(Problem, match="esperan"):
        desk.submit(Job(lambda job: "model"))
    first.stop()
    wait(lambda: all(job.ended for job in jobs))
    wait(lambda: sum(job.result is not None for job in jobs) == KEPT)
    assert all(job.result for job in jobs[-KEPT:])


def training(epochs: int):
    """The work of a job that fine-tunes a small model on a few texts."""
    data = small_data()

    def work(job):
        return fine_tune(
            small_bert(),
            data.split("train"),
            data.split("dev"),
            data.labels,
            Settings(epochs=epochs, batch=8),
            on_step=job.on_step,
            on_epoch=job.on_epoch,
            cancel=job.cancelled,
        )

    return work


@pytest.mark.parametrize("paused", [False, True])
def test_stop_within_two_seconds(paused):
    work = training(epochs=10_000)
    job = Desk().submit(Job(work))
    wait(lambda: len(job.steps) > 3, 60)
    if paused:
        job.pause()
        time.sleep(0.5)
        held = len(job.steps)
        time.sleep(0.5)
        assert len(job.steps) == held and job.state == RUNNING
    asked = time.monotonic()
    job.stop()
    wait(lambda: job.ended)
    assert time.monotonic() - asked < 2
    assert job.result.history.ended == "cancelled" and job.result.model.net.num_labels == 2


def test_resume_goes_on():
    work = training(epochs=2)
    job = Job(work)
    job.pause()
    Desk().submit(job)
    wait(lambda: len(job.steps) == 1)
    time.sleep(0.3)
    assert len(job.steps) == 1
    job.resume()
    wait(lambda: job.ended)
    assert job.state == DONE and len(job.steps) == 16 and len(job.epochs) == 3


def test_a_desk_knows_its_own_jobs_by_id():
    """For good, also when they ended and their model has gone; a desk of another server knows none of them."""
    desk = Desk()
    jobs = [desk.submit(Job(lambda job: "x")) for _ in range(KEPT + 2)]
    wait(lambda: all(job.ended for job in jobs))
    assert all(job.id in desk for job in jobs)
    assert not any(job.id in Desk() for job in jobs)
