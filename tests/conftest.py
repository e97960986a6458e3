"""What holds for all tests."""

import signal

# A shell that starts the tests in its background has them ignore Control-C, and the searches that they interrupt inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
