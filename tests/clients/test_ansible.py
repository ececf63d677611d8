"""Ansible's AWS modules against a running server: a playbook that is run twice changes nothing the second time."""

import pathlib
import re
import subprocess
import sys

from keyward import ROOT_KEY, ROOT_SECRET, clean_environment

PLAYBOOK = pathlib.Path(__file__).parent / "ansible" / "playbook.yaml"


def play(server, folder, make_key):
    program = pathlib.Path(sys.executable).parent / "ansible-playbook"
    settings = {
        "endpoint": server.url, "access_key": ROOT_KEY, "secret_key": ROOT_SECRET, "make_key": make_key,
        "ansible_python_interpreter": sys.executable,
    }
    variables = [part for name, value in settings.items() for part in ("--extra-vars", f"{name}={value}")]
    ran = subprocess.run(
        [str(program), "--inventory", "localhost,", *variables, str(PLAYBOOK)],
        env=clean_environment(ANSIBLE_LOCAL_TEMP=str(folder), ANSIBLE_HOME=str(folder), ANSIBLE_NOCOLOR="1",
                              LC_ALL="C.UTF-8"),
        capture_output=True, text=True, timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    recap = re.search(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", ran.stdout)
    return tuple(map(int, recap.groups())), ran.stdout


def test_a_playbook_run_twice_changes_nothing(server, tmp_path):
    (ok, changed, unreachable, failed), output = play(server, tmp_path, "true")
    assert changed >= 7 and unreachable == failed == 0, output
    (ok, changed, unreachable, failed), output = play(server, tmp_path, "false")
    assert changed == unreachable == failed == 0 and ok >= 8, output
