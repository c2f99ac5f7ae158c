"""Real processes that fork, end, and are ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sdk.shipping.conftest import MakeClient
from tests.sdk.shipping.record_server import RecordServer, silent_listener, slowly, unused_url
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.source import ROOT

PRELUDE = """
import atexit, itertools, json, os, signal, sys, time
from runreel.sdk.client import current_client, flush, init

# Whoever runs the tests in the background has this signal ignored, and so would this process.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Run:
    def __init__(self, run_id): self.run_id, self.numbers, self.n = run_id, itertools.count(1), 0
    def record_count(self): return self.n

def record(run, event_id):
    run.n = next(run.numbers)
    current_client().add(run, json.dumps(
        {"record": "event", "run_id": run.run_id, "event_id": event_id, "number": run.n,
         "recorder_id": current_client().recorder_id}).encode())

run = Run("run-1")
"""


@pytest.fixture
def env(tmp_path: Path, server: RecordServer) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("RUNREEL_", "COV_"))}
    own = {"RUNREEL_URL": server.url, "RUNREEL_JOURNAL": str(tmp_path / "journal"), "PYTHONPATH": str(ROOT / "src")}
    return clean | own | {"PYTHONWARNINGS": "error"}


# Where a process forks, a request may be cut short and sent again: ids are then compared as sets.


def start(script: str, env: dict[str, str], tmp_path: Path) -> subprocess.Popen[str]:
    # A file, since children that are spawned import it.
    path = tmp_path / "script.py"
    path.write_text(PRELUDE + script)
    return subprocess.Popen(
        [sys.executable, str(path)], env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(script: str, env: dict[str, str], tmp_path: Path, *, code: int = 0) -> str:
    process = start(script, env, tmp_path)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    return output


def test_exit_delivers_what_waits(server: RecordServer, env: dict[str, str], tmp_path: Path) -> None:
    finish("init()\nfor i in range(2000): record(run, f'e{i}')", env, tmp_path)
    assert len(server.ids()) == 2000
    assert [path for path in (tmp_path / "journal").rglob("*") if path.is_file()] == []


def test_threads_and_executors_that_end_at_the_exit_are_delivered(
    server: RecordServer, env: dict[str, str], tmp_path: Path
) -> None:
    script = """
init()
import concurrent.futures, threading
def work(i):
    time.sleep(0.2)
    record(run, f"e{i}")
pool = concurrent.futures.ThreadPoolExecutor(2)
for i in range(4): pool.submit(work, i)
threading.Thread(target=work, args=(4,)).start()
"""
    finish(script, env, tmp_path)
    assert sorted(server.ids()) == ["e0", "e1", "e2", "e3", "e4"]


def test_what_is_recorded_after_the_last_flush_is_delivered_by_the_next_process(
    server: RecordServer, env: dict[str, str], tmp_path: Path, make_client: MakeClient
) -> None:
    """An exit handler of the host that was there before ours runs after it."""
    finish("atexit.register(lambda: record(run, 'late'))\ninit()\nrecord(run, 'e1')", env, tmp_path)
    make_client().start()
    server.wait_for(lambda: sorted(server.ids()) == ["e1", "late"])


@pytest.mark.parametrize("is_silent", [False, True], ids=["refused", "silent"])
def test_exit_without_a_server_takes_less_than_two_seconds(
    server: RecordServer, env: dict[str, str], tmp_path: Path, make_client: MakeClient, is_silent: bool
) -> None:
    # What was registered first is called last, so after ours.
    script = """
atexit.register(lambda: print(time.time()))
init()
for i in range(100): record(run, f"e{i}")
time.sleep(0.3)
print(time.time(), flush=True)
"""
    with silent_listener() as silent_url:
        url = silent_url if is_silent else unused_url()
        began, ended = finish(script, env | {"RUNREEL_URL": url}, tmp_path).split()
        assert float(ended) - float(began) < 2
    # Nothing is lost: it waits for somebody who knows the server.
    (folder,) = [path.parent for path in (tmp_path / "journal").rglob("journal.json")]
    from runreel.sdk import recovery

    assert recovery.deliver(str(folder), server.url, None).n_delivered == 100


def test_exit_goes_on_while_a_slow_server_takes_something(
    server: RecordServer, env: dict[str, str], tmp_path: Path
) -> None:
    server.intervene = slowly(0.5)
    finish("init()\nfor i in range(5000): record(run, f'e{i}')", env, tmp_path)
    assert len(server.ids()) == 5000


@pytest.mark.parametrize(
    "end", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGTERM)", "os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_end_without_a_word_loses_nothing(
    server: RecordServer, env: dict[str, str], tmp_path: Path, make_client: MakeClient, end: str
) -> None:
    server.stop()
    process = start(f"init()\nfor i in range(500): record(run, f'e{{i}}')\n{end}", env, tmp_path)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode in {3, -signal.SIGTERM, -signal.SIGKILL}
    server.start()
    make_client().start()
    server.wait_for(lambda: len(set(server.ids())) == 500)


def test_ctrl_c_delivers_and_ends(server: RecordServer, env: dict[str, str], tmp_path: Path) -> None:
    script = "init()\nrecord(run, 'e1')\nprint('ready', flush=True)\ntime.sleep(30)"
    process = start(script, env, tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert "KeyboardInterrupt" in errors
    assert server.ids() == ["e1"]


def test_ctrl_c_in_the_last_flush_ends_it_quietly(env: dict[str, str], tmp_path: Path) -> None:
    with silent_listener() as url:
        script = "init()\nrecord(run, 'e1')\natexit.register(lambda: print('ready', flush=True))"
        process = start(script, env | {"RUNREEL_URL": url}, tmp_path)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert errors == ""


def test_forked_child_records_under_its_own_recorder(server: RecordServer, env: dict[str, str], tmp_path: Path) -> None:
    script = """
init()
for i in range(300): record(run, f"parent-{i}")
child = os.fork()
if child == 0:
    own = Run("run-1")
    for i in range(300): record(own, f"child-{i}")
    assert flush(10).delivered == 300, flush(0)
    os._exit(0)
for i in range(300, 600): record(run, f"parent-{i}")
assert os.waitpid(child, 0)[1] == 0
"""
    finish(script, env, tmp_path)
    assert sorted(set(server.ids())) == sorted([f"parent-{i}" for i in range(600)] + [f"child-{i}" for i in range(300)])
    recorders = {record["recorder_id"] for record in server.of_kind("event")}
    assert len(recorders) == 2


def test_parent_has_no_other_thread_while_it_forks(env: dict[str, str], tmp_path: Path) -> None:
    """Hooks before a fork are called in the reverse order: one that was there first sees the last moment."""
    script = """
def count(): return len(os.listdir("/proc/self/task"))
seen = []
os.register_at_fork(before=lambda: seen.append(count()))
init()
for i in range(20):
    record(run, f"e{i}")
    began = count()
    child = os.fork()
    if child == 0: os._exit(0)
    os.waitpid(child, 0)
    assert began == 2
print(seen)
"""
    assert finish(script, env, tmp_path) == f"{[1] * 20}\n"


def test_parent_goes_on_delivering_after_a_fork_without_another_record(
    server: RecordServer, env: dict[str, str], tmp_path: Path
) -> None:
    script = """
init()
record(run, "before")
child = os.fork()
if child == 0: os._exit(0)
os.waitpid(child, 0)
print("ready", flush=True)
time.sleep(30)
"""
    process = start(script, env, tmp_path)
    try:
        server.wait_for(lambda: server.ids() == ["before"])
    finally:
        process.kill()
        process.communicate()


def test_fork_right_after_init_does_not_hang(server: RecordServer, env: dict[str, str], tmp_path: Path) -> None:
    """The thread imports what it needs then; a child that inherits the lock of an import waits for ever."""
    script = """
init()
children = []
for i in range(10):
    record(run, f"parent-{i}")
    child = os.fork()
    if child == 0:
        import http.client, json, ssl, logging, urllib.request
        record(Run("run-1"), f"child-{i}")
        flush(10)
        os._exit(0)
    children.append(child)
for child in children: assert os.waitpid(child, 0)[1] == 0
"""
    finish(script, env, tmp_path)
    assert sorted(set(server.ids())) == sorted([f"parent-{i}" for i in range(10)] + [f"child-{i}" for i in range(10)])


def test_fork_waits_for_an_import_of_the_thread(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(1)\n")
    script = """
import runreel.sdk.transport
runreel.sdk.transport.load = lambda url: __import__("slow_module")
init()
while "slow_module" not in sys.modules: time.sleep(0.01)
child = os.fork()
if child == 0:
    signal.alarm(10)
    import slow_module
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    assert finish(script, env, tmp_path) == "0\n"


PREFORK = """
import socket
# As gunicorn and celery do: the program is loaded once, and workers are forked that serve until they are told to end.
init()
record(run, "loaded")
listener = socket.create_server(("127.0.0.1", 0))

def serve():
    signal.signal(signal.SIGTERM, lambda *_: {end})
    own = Run(f"run-{{os.getpid()}}")
    while True:
        connection, _ = listener.accept()
        with connection:
            task = connection.recv(100).decode()
            if task == "die": os.kill(os.getpid(), signal.SIGKILL)
            record(own, task)
            connection.sendall(b"done")

def fork():
    child = os.fork()
    if child == 0: serve()
    return child

def ask(task):
    with socket.create_connection(listener.getsockname()) as connection:
        connection.sendall(task.encode())
        return connection.recv(100)

workers = {{fork() for _ in range(3)}}
for i in range(60): assert ask(f"task-{{i}}") == b"done"
try: ask("die")
except ConnectionError: pass
workers.remove(os.wait()[0])
workers.add(fork())
for i in range(60, 90): assert ask(f"task-{{i}}") == b"done"
for worker in workers: os.kill(worker, signal.SIGTERM)
for worker in workers: os.waitpid(worker, 0)
record(run, "ended")
"""


@pytest.mark.parametrize("end", ["sys.exit(0)", "os._exit(0)"], ids=["as gunicorn", "as celery"])
def test_workers_that_are_forked_once_the_program_is_loaded_lose_nothing(
    server: RecordServer, env: dict[str, str], tmp_path: Path, make_client: MakeClient, end: str
) -> None:
    finish(PREFORK.format(end=end), env, tmp_path)
    make_client().start()
    everything = {"loaded", "ended", *(f"task-{i}" for i in range(90))}
    server.wait_for(lambda: set(server.ids()) == everything)
    recorders = {record["run_id"]: record["recorder_id"] for record in server.of_kind("event")}
    assert len(set(recorders.values())) == len(recorders) >= 2
    eventually(lambda: not list((tmp_path / "journal").rglob("*.segment")))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_deliver_at_their_end(
    server: RecordServer, env: dict[str, str], tmp_path: Path, method: str
) -> None:
    script = f"""
import multiprocessing
def work(i):
    init()
    for j in range(100): record(Run("run-1"), f"{{i}}-{{j}}")
if __name__ == "__main__":
    init()
    record(run, "parent")
    context = multiprocessing.get_context("{method}")
    children = [context.Process(target=work, args=(i,)) for i in range(3)]
    for child in children: child.start()
    for child in children: child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
"""
    finish(script, env, tmp_path)
    assert sorted(set(server.ids())) == sorted([*(f"{i}-{j}" for i in range(3) for j in range(100)), "parent"])
    assert [path for path in (tmp_path / "journal").rglob("*") if path.is_file()] == []


def test_process_whose_thread_cannot_start_delivers_at_its_end(
    server: RecordServer, env: dict[str, str], tmp_path: Path
) -> None:
    """From Python 3.12 on no thread starts while the interpreter ends."""
    script = """
import runreel.sdk.shipper as shipper
def refuse(*_): raise RuntimeError("can't create new thread at interpreter shutdown")
shipper.start_new_thread = refuse
init()
record(run, "e1")
assert flush(5).delivered == 1
record(run, "e2")
"""
    process = start(script, env, tmp_path)
    assert process.communicate(timeout=40) == ("", "")
    assert server.ids() == ["e1", "e2"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_run_of_a_child_of_multiprocessing_ends_with_it(
    server: RecordServer, env: dict[str, str], tmp_path: Path, method: str
) -> None:
    script = f"""
import multiprocessing, runreel
def work():
    runreel.event("outside of all runs")
if __name__ == "__main__":
    runreel.init()
    child = multiprocessing.get_context("{method}").Process(target=work)
    child.start()
    child.join()
"""
    finish(script, env, tmp_path)
    assert [run.get("status") for run in server.of_kind("run")] == ["executing", "completed"]
    (said,) = server.of_kind("recorder")
    assert (said["record_count"], said["closed"]) == (3, True)


def test_signal_handler_that_records_while_a_record_is_made(
    server: RecordServer, env: dict[str, str], tmp_path: Path
) -> None:
    script = """
n = 0
def handle(*_):
    global n
    n += 1
    record(other, f"signal-{n}")
other = Run("run-2")
signal.signal(signal.SIGALRM, handle)
init()
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for i in range(20000): record(run, f"e{i}")
signal.setitimer(signal.ITIMER_REAL, 0)
print(json.dumps([n, flush(20).delivered]))
"""
    n_signals, n_delivered = json.loads(finish(script, env, tmp_path))
    assert n_signals > 10
    assert n_delivered == 20_000 + n_signals
    assert len(set(server.ids())) == n_delivered


def test_idle_process_uses_no_processor(env: dict[str, str], tmp_path: Path) -> None:
    script = """
init()
current_client().open_run(run)
record(run, "e1")
flush(5)
time.sleep(0.5)
def lines(task):
    with open(f"/proc/self/task/{task}/status") as file: return file.readlines()
def switches(): return sum(int(line.split()[1]) for task in os.listdir("/proc/self/task")
    for line in lines(task) if "ctxt_switches" in line)
before, began = time.process_time(), switches()
time.sleep(3)
print(json.dumps([time.process_time() - before, switches() - began]))
"""
    used_s, n_switches = json.loads(finish(script, env, tmp_path))
    assert used_s < 0.02
    assert n_switches <= 10


def test_disabled_process_has_no_thread_and_no_file(env: dict[str, str], tmp_path: Path) -> None:
    script = """
assert init() is None and current_client() is None
print(len(os.listdir("/proc/self/task")))
"""
    assert finish(script, env | {"RUNREEL_DISABLED": "1"}, tmp_path) == "1\n"
    assert not (tmp_path / "journal").exists()
