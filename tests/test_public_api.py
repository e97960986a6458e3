"""What ``import nars`` gives, and how fast."""

import statistics
import subprocess
import sys
import time

import pytest

import nars


def test_public_names_are_what_they_say() -> None:
    assert set(nars.__all__) == {
        "NarsError", "NarsSampler", "SearchSpace", "Study", "analyze", "export", "load_space", "resume", "search",
    }  # fmt: skip
    for name in nars.__all__:
        assert callable(getattr(nars, name)), name
    # A second look, after the packages below were imported, must find the functions again, not packages.
    assert callable(nars.search)
    assert callable(nars.export)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'nars' has no attribute 'serach'"):
        nars.serach  # noqa: B018


def test_import_loads_no_heavy_library() -> None:
    code = (
        "import sys, nars; print(sorted({'torch', 'optuna', 'pandas', 'ray', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys\nfrom nars.cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'optuna', 'pandas', 'ray', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip().splitlines()[-1] == "[]"


def test_analysis_loads_no_torch() -> None:
    """A gigabyte, and seconds, beside what is read of a large study."""
    code = "import sys, nars.analysis; nars.analysis.analyze; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "False"


def test_a_search_loads_scikit_learn_for_its_digits_alone() -> None:
    """Over a second in each worker."""
    code = "import sys, nars.study, nars.evaluation.tasks; print('sklearn' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "False"


@pytest.mark.slow
def test_import_and_help_are_quick() -> None:
    def median_s(*arguments: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    bare = median_s("-c", "pass")
    assert median_s("-c", "import nars") - bare < 0.2
    assert median_s("-m", "nars.cli.main", "--help") < 0.5
