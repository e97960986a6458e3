from pathlib import Path

import yaml

DOCS = Path(__file__).parents[1] / "docs"


def test_the_cluster_file_parses_and_all_nodes_share_one_folder_and_one_image() -> None:
    cluster = yaml.safe_load((DOCS / "cluster.yaml").read_text())
    assert cluster["kind"] == "RayCluster"
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    pods = [group["template"]["spec"] for group in groups]
    containers = [pod["containers"][0] for pod in pods]
    assert len({container["image"] for container in containers}) == 1
    assert {mount["mountPath"] for container in containers for mount in container["volumeMounts"]} == {"/shared"}
    assert len({pod["volumes"][0]["persistentVolumeClaim"]["claimName"] for pod in pods}) == 1


def test_the_guide_names_no_option_that_the_command_line_lacks() -> None:
    from typer.main import get_command

    from nars.cli.main import app

    known = {name for command in get_command(app).commands.values() for p in command.params for name in p.opts}
    lines = [line for line in (DOCS / "cluster.md").read_text().splitlines() if "nars search" in line]
    used = {word for line in lines for word in line.replace("`", " ").split() if word.startswith("--")}
    assert used
    assert used <= known
