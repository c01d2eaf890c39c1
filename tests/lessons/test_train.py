"""The command line for training: what it prints, keeps and refuses; a job that loses a process."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import torch.distributed.run

from utils import recordings, train
from utils.data import FashionMNIST
from utils.history import History
from utils.resnet import resnet8
from utils.seeding import seed_everything
from utils.training import Classifier, Trainer, options

pytestmark = pytest.mark.slow(reason="starts processes that import PyTorch and train")

ROOT = Path(__file__).parents[2]
SHORT = [
    "resnet8", "--subset", "200", "--test-subset", "200", "--batch-size", "50", "--epochs", "2",
]  # fmt: skip


def test_it_prints_a_line_an_epoch_and_the_result(capsys):
    assert train.main(SHORT) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said if line.startswith("epoch")] == [
        "epoch 1/2", "epoch 2/2"]  # fmt: skip
    assert said[-1].startswith("test accuracy 0.")


def test_the_same_objects_as_in_a_notebook_give_the_same_curve():
    history = train.train(train.parse([*SHORT, "--lr", "0.05"]), 3)
    seed_everything(3)
    net = resnet8()
    data = FashionMNIST(50, subset=200, seed=3, verbose=False)
    torch.manual_seed(3)
    other = Trainer(2, progress=False, live=False).fit(Classifier(net, 0.05), data)
    assert history.train_loss == other.train_loss and history.test_acc == other.test_acc


def test_a_subset_is_of_the_training_images_alone(monkeypatch):
    """`--subset 100` left only 100 test images, and a test accuracy in steps of 0.01."""
    shown = []

    def fit(self, model, data, **options):
        shown.append(data)
        return History()

    monkeypatch.setattr(Trainer, "fit", fit)
    for more in ([], ["--test-subset", "50"]):
        train.train(train.parse(["resnet8", "--subset", "100", *more]), 0)
    assert [(len(data.train[0]), len(data.test[0])) for data in shown] == [(100, 2_000), (100, 50)]


def test_several_seeds_are_recorded_and_not_run_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(recordings, "FOLDER", tmp_path)
    assert train.main([*SHORT, "--seeds", "0", "1", "--record", "mine"]) == 0
    first = capsys.readouterr().out
    stored = json.loads((tmp_path / "mine.json").read_text())
    assert sorted(stored["measured"]) == ["seed 0", "seed 1"]
    assert stored["settings"]["epochs"] == 2 and stored["settings"]["model"] == "resnet8"
    assert train.main([*SHORT, "--seeds", "0", "1", "--record", "mine"]) == 0
    again = capsys.readouterr().out
    assert "epoch" not in again and "mean" in again
    told = [line.split(",")[0] for line in again.splitlines()]
    assert told[:2] == ["seed 0: not run", "seed 1: not run"]
    assert again.splitlines()[2:] == first.splitlines()[-1:]


def test_what_was_recorded_with_other_settings_is_not_replaced(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(recordings, "FOLDER", tmp_path)
    assert train.main([*SHORT, "--epochs", "0", "--record", "mine"]) == 0
    before = (tmp_path / "mine.json").read_bytes()
    assert train.main([*SHORT, "--epochs", "1", "--lr", "0.3", "--record", "mine"]) == 2
    said = capsys.readouterr().err
    assert "mine.json holds runs with epochs 0, lr 0.1; this one has epochs 1, lr 0.3" in said
    assert "COURSE_RECORD=replace" in said and "another name" in said
    assert (tmp_path / "mine.json").read_bytes() == before


def test_other_processes_skip_what_the_first_one_has_recorded(monkeypatch):
    """Else they would wait without end for a process that does not train."""
    monkeypatch.setattr(train.processes, "agree", lambda keys: ["seed 0", "seed 1"])
    settings = train.parse([*SHORT, "--seeds", "0", "1", "2", "--record", "mine"])
    monkeypatch.setattr(train, "train", lambda settings, seed: History(about={"seed": seed}))
    monkeypatch.setattr(train.processes, "is_first", lambda: False)
    assert [history.about["seed"] for history in train.run_all(settings)] == [2]


def test_averaged_views_are_told_beside_the_plain_figure(capsys):
    history = train.train(train.parse([*SHORT, "--views", "6"]), 0)
    assert 0 <= history.about["averaged_acc"] <= 1
    plain, averaged = train.summary([history, history]).splitlines()
    assert plain.startswith("test accuracy") and f"mean {history.test_acc[-1]:.4f}" in plain
    assert averaged.startswith("averaged over 6 views")
    assert f"mean {history.about['averaged_acc']:.4f}" in averaged


def test_a_run_goes_on_from_its_checkpoint(tmp_path, capsys):
    longer = [*SHORT, "--schedule", "constant", "--checkpoint", str(tmp_path)]
    assert train.main(longer) == 0
    longer[longer.index("--epochs") + 1] = "3"
    assert train.main([*longer, "--resume"]) == 0
    said = capsys.readouterr().out
    assert "resumed after epoch 2" in said and said.count("epoch 1/") == 1 and "epoch 3/3" in said


def test_a_folder_in_the_home_folder_is_found_there(monkeypatch, tmp_path):
    """A tilde in quotes reaches the program as it is, and is no folder's name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    settings = train.parse([*SHORT, "--checkpoint", "~/x", "--data", "~/images"])
    assert settings.checkpoint == tmp_path / "x" and settings.data == tmp_path / "images"


def test_another_seed_does_not_pass_for_the_one_in_the_folder(tmp_path, capsys):
    kept = [*SHORT, "--checkpoint", str(tmp_path)]
    assert train.main([*kept, "--seeds", "0"]) == 0
    assert train.main([*kept, "--seeds", "1", "--resume"]) == 2
    assert "was started with seed 0; got seed 1" in capsys.readouterr().err


@pytest.mark.parametrize("variables", [{"RANK": "1"}, {"WORLD_SIZE": "", "RANK": ""}])
def test_a_launchers_leftovers_do_not_silence_a_single_process(
    variables, monkeypatch, tmp_path, capsys
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert train.main([*SHORT, "--checkpoint", str(tmp_path)]) == 0
    assert "test accuracy 0." in capsys.readouterr().out
    assert (tmp_path / "run.pt").exists()


def test_a_number_of_processes_that_is_none_gets_a_sentence(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "two")
    assert train.main(SHORT) == 2
    assert "variable WORLD_SIZE is 'two'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["resnet8", "--resume"], "--resume needs --checkpoint"),
        (["resnet19"], "invalid choice: 'resnet19'"),
        ([*SHORT[:-1], "-3"], "max_epochs must be 0 or more, got -3"),
        ([*SHORT, "--accumulate", "0"], "accumulate must be 1 or more, got 0"),
        ([*SHORT, "--lr", "0"], "lr must be above 0"),
        ([*SHORT, "--data", "/nowhere"], "/nowhere"),
        ([*SHORT, "--lr", "1e9"], "Try a learning rate ten times smaller"),
        ([*SHORT, "--data", "~nobody-of-this-name/x"], "can't be found"),
        (["resnet18", *SHORT[1:3], "--batch-size", "4", "--accumulate", "4"], "=4 pieces: so the"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_an_exit_status(arguments, words, capsys):
    try:
        status = train.main(arguments)
    except SystemExit as error:  # argparse's way
        status = error.code
    assert status == 2 and words in capsys.readouterr().err


def test_help_tells_every_option_what_it_does_and_its_default(capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])
    said = capsys.readouterr().out
    for action in options.parser()._actions:
        assert action.help, f"{action.dest} has no word of help"
        if action.option_strings and "--help" not in action.option_strings:
            _, told, default = action.help.rpartition("(default: ")
            assert told, f"{action.dest} does not tell its default"
            # A default that is not quoted is one in words, for what is not there.
            assert default.startswith("%(default)s") or not action.default or action.dest == "seeds"
    assert "(default: 256)" in said and "resnet152" in said
    assert "so many images only, the same number of every class" in " ".join(said.split())
    assert not re.search(r"default: (None|\[\]|False)", said)


@pytest.mark.parametrize("name", list(options.RECIPES))
def test_a_recipe_is_what_help_says_it_is(name, capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    typed = next(line[1:] for line in lines if line[:1] == [name] and "--epochs" in line)
    assert train.parse(typed) == train.parse([name])


def test_a_recipes_name_may_stand_anywhere_and_be_changed():
    recipe = train.parse(["accurate"])
    assert recipe.model == "wide14" and recipe.views == 6
    later = train.parse(["--epochs", "3", "accurate", "--augment"])
    assert later.epochs == 3 and later.augment == []
    assert vars(later) == vars(recipe) | {"epochs": 3, "augment": []}


def processes_of(job: int) -> dict[str, int]:
    """The worker processes below ``job``, by rank."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            parent = int((path.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
            variables = dict(
                part.split("=", 1) for part in path.read_text().split("\0") if "=" in part
            )
        except (OSError, ValueError):
            continue
        if parent == job and "RANK" in variables:
            found[variables["RANK"]] = int(path.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("victim", ["0", "1"])
def test_a_killed_process_ends_the_job_with_a_sentence_and_a_checkpoint(victim, tmp_path):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
        "-m", "utils.train", "resnet8", "--subset", "400", "--test-subset", "400",
        "--batch-size", "50", "--epochs", "4000", "--schedule", "constant",
        "--checkpoint", str(tmp_path),
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as job:
        deadline = time.monotonic() + 600
        while not (tmp_path / "run.pt").exists():
            assert job.poll() is None and time.monotonic() < deadline, job.stderr.read()
            time.sleep(0.2)
        os.kill(processes_of(job.pid)[victim], signal.SIGKILL)
        _, said = job.communicate(timeout=600)
    assert job.returncode != 0
    assert "The last checkpoint is whole; run the same command with --resume." in said
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    if victim != "0":  # only the first process writes, so only its death can leave less behind
        return
    epochs = str(state["epoch"] + 1)
    command[command.index("--epochs") + 1] = epochs
    done = subprocess.run([*command, "--resume"], env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"resumed after epoch {state['epoch']}" in done.stdout
    assert f"epoch {epochs}/{epochs}" in done.stdout


@pytest.mark.parametrize("gpus, processes, threads", [("4", "4", 4), (None, "1", 16)])
def test_the_chapters_slurm_script_starts_a_run_that_resumes(gpus, processes, threads, tmp_path):
    """Slurm's and torchrun's commands are played by scripts that say how they were called."""
    text = (ROOT / "chapters" / "17-many-processes.md").read_text(encoding="utf-8")
    script = text.partition("```bash\n")[2].partition("```")[0]
    played = {
        "scontrol": "printf 'node7\\nnode8\\n'",
        "srun": '[[ $1 == --cpus-per-task=16 ]] && shift && exec "$@"',
        "torchrun": "printf '%s\\n' $OMP_NUM_THREADS \"$@\"",
    }
    for name, line in played.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{line}\n")
        (tmp_path / name).chmod(0o755)
    slurm = {
        "PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_JOB_NODELIST": "node[7-8]", "SLURM_NNODES": "2",
        "SLURM_CPUS_PER_TASK": "16", "SLURM_JOB_ID": "99", "SLURM_SUBMIT_DIR": str(tmp_path),
    } | ({"SLURM_GPUS_ON_NODE": gpus} if gpus else {})  # fmt: skip
    said = subprocess.run(
        ["bash", "-eu", "-c", script], check=True, capture_output=True, text=True, env=slurm
    ).stdout.splitlines()
    assert int(said.pop(0)) == threads
    asked = torch.distributed.run.get_args_parser().parse_args(said)
    assert (asked.nnodes, asked.nproc_per_node) == ("2", processes)
    assert asked.rdzv_endpoint == "node7:29500"
    assert asked.module and asked.training_script == "utils.train"
    settings = train.parse(asked.training_script_args)
    assert settings.resume and settings.checkpoint == tmp_path / "runs" / "resnet18"
    assert settings.batch_size % 8 == 0
