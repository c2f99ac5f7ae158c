"""What tests build on: records, a clock, the contracts of stores, and what a program recorded.

A backend proves itself by subclassing the contracts of `runreel.testing.contract` and giving them its store:

    # conftest.py, before anything imports the kit: without it a failing assertion prints nothing but its name
    pytest.register_assert_rewrite("runreel.testing.contract")

    # test_my_store.py
    class TestMyRunStore(RunStoreContract):
        @pytest.fixture
        def store(self) -> Iterator[Store]:
            store = open_my_store()
            yield store
            store.close()

Tests of a program that records look at what it recorded:

    with recorded() as recording:
        my_agent("a question")
    assert recording.run("my_agent")["status"] == "completed"
"""

from runreel.testing.recording import Recorded, recorded

__all__ = ["Recorded", "recorded"]
