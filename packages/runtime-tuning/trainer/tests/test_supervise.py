import json
import sys

import pytest
from kaito_trainer import supervise


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Supervises a program of these lines; answers its exit status, what was said, and the state that the pusher reads."""
    monkeypatch.setenv("OUTPUT_FOLDER", str(tmp_path / "results"))
    monkeypatch.setenv("TERMINATION_LOG", str(tmp_path / "last-words"))

    def go(program):
        lines = f"import os, signal, sys\nfrom pathlib import Path\nhere = Path({str(tmp_path)!r})\n{program}"
        monkeypatch.setattr(supervise, "command", lambda: [sys.executable, "-c", lines])
        code = supervise.main()
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        state = json.loads((tmp_path / "results" / ".kaito" / "training.json").read_text())
        return code, [event["event"] for event in said], state

    return go


def test_leaves_a_training_that_ends_well_alone(run, tmp_path):
    code, said, _ = run("")
    assert (code, said) == (0, ["ended"])
    assert (tmp_path / "results" / ".kaito" / "alive").exists()


def test_does_not_try_again_what_is_wrong_with_data_or_settings(run):
    code, said, _ = run("sys.exit(2)")
    assert (code, said) == (2, [])


def test_starts_again_what_was_killed_and_says_from_which_step(run):
    program = """
checkpoint = here / 'results' / 'checkpoint-10'
if not checkpoint.exists():
    checkpoint.mkdir(parents=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    code, said, _ = run(program)
    assert (code, said) == (0, ["interrupted", "ended"])


def test_gives_up_on_what_dies_again_and_again_without_getting_any_further(run, tmp_path):
    code, said, state = run("sys.exit(7)")
    assert code == 1
    assert said == ["interrupted"] * 3 + ["failed"]
    assert state["state"] == "failed" and "exit status 7, 4 times in a row" in state["message"]
    assert json.loads((tmp_path / "last-words").read_text())["code"] == "TRAINER_CRASHED"


def test_goes_on_with_what_gets_further_each_time(run):
    program = """
done = len(list((here / 'results').glob('checkpoint-*')))
if done < 6:
    (here / 'results' / f'checkpoint-{(done + 1) * 10}').mkdir(parents=True)
    sys.exit(7)
"""
    code, said, _ = run(program)
    assert (code, said) == (0, ["interrupted"] * 6 + ["ended"])


def test_uses_all_gpus_of_the_node(monkeypatch):
    monkeypatch.setenv("GPUS", "4")
    assert "--num_processes=4" in supervise.command()
    monkeypatch.setenv("GPUS", "1")
    assert supervise.command()[1:] == ["-m", "kaito_trainer"]


def test_goes_on_from_no_checkpoint_of_a_run_with_other_settings(run, tmp_path, monkeypatch):
    settings = tmp_path / "training_config.yaml"
    monkeypatch.setenv("YAML_FILE_PATH", str(settings))
    settings.write_text("rank: 8")
    run("(here / 'results' / 'checkpoint-10').mkdir(parents=True)")
    assert run("")[1] == ["ended"]
    assert (tmp_path / "results" / "checkpoint-10").is_dir()
    settings.write_text("rank: 16")
    assert run("")[1] == ["cleared", "ended"]
    assert not (tmp_path / "results" / "checkpoint-10").exists()
