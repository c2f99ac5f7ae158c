"""What tests of Runreel, and of stores that others write for it, build on: records, a clock, the contracts of stores.

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
"""
