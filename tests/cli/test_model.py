from tests.cli.conftest import Nars


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│\n ").split("│")]


def row(out: str, first: str) -> list[str]:
    (found,) = (cells(line) for line in out.splitlines() if cells(line)[0] == first)
    return found


def test_list_of_all_networks(nars: Nars) -> None:
    listed = nars("model")
    assert listed.code == 0, listed.err
    assert row(listed.out, "fbnetv3_a")[1:5] == ["classifier", "224", "355,514,328", "8,598,480"]
    assert row(listed.out, "fbnetv3_g")[1:5] == ["classifier", "320", "2,125,187,200", "16,623,920"]
    assert row(listed.out, "timm_fbnetv3_d")[4] == "10,306,272"
    assert row(listed.out, "d2go_fbnetv3_g")[1:3] == ["trunk", "224"]
    assert row(listed.out, "d2go_fbnetv3_g")[4] == "18,302,512"


def test_stages_of_one_network(nars: Nars) -> None:
    shown = nars("model", "fbnetv3_a")
    assert shown.code == 0, shown.err
    assert shown.out.startswith("fbnetv3_a at resolution 224\n")
    sizes = [row(shown.out, name)[2:4] for name in ("stem", *(f"stages[{i}]" for i in range(7)), "head")]
    assert sizes == [
        ["112", "16"], ["112", "16"], ["56", "24"], ["28", "40"], ["13", "72"], ["13", "120"], ["6", "184"], ["6", "224"],
        ["1", "1000"],
    ]  # fmt: skip
    assert row(shown.out, "stem")[1:] == ["conv k3 s2, hswish", "112", "16", "5,419,008", "480", "200,704", "1,607,552"]
    assert row(shown.out, "stages[3]")[1] == "1 x k5 e5 s2 p1, 4 x k3 e3 s1, hswish"
    assert row(shown.out, "total")[4:6] == ["355,514,328", "8,598,480"]


def test_trunks_of_detectors_end_with_their_stages(nars: Nars) -> None:
    shown = nars("model", "d2go_fbnetv3_a")
    assert shown.code == 0, shown.err
    assert row(shown.out, "stages[6]")[1:4] == ["1 x k5 e6 s1, SE, relu", "7", "200"]
    assert row(shown.out, "total")[5] == "4,497,032"
    assert "head" not in shown.out


def test_another_resolution_is_another_cost(nars: Nars) -> None:
    # FBNetV3-B is A at 248 pixels.
    assert row(nars("model", "fbnetv3_a", "--resolution", "248").out, "total")[4] == "460,150,000"


def test_too_small_a_resolution_is_one_message(nars: Nars) -> None:
    small = nars("model", "fbnetv3_a", "--resolution", "6")
    assert (small.code, small.out) == (2, "")
    assert small.err == (
        "nars: fbnetv3_a: architecture.stages[3]: a stride of 2 needs features of at least 2x2, got 1x1 (resolution 6)\n"
    )
    listed = nars("model", "--resolution", "6")
    assert (listed.code, listed.out) == (2, "")
    assert listed.err.startswith("nars: d2go_fbnetv3_a: architecture.stages[")


def test_unknown_name(nars: Nars) -> None:
    unknown = nars("model", "fbnetv3-a")
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err == "nars: unknown network 'fbnetv3-a'; did you mean 'fbnetv3_a'? @ the zoo\n"


def test_parts_of_a_published_detector(nars: Nars) -> None:
    shown = nars("model", "mask_rcnn_fbnetv3_a_dsmask_c4")
    assert shown.code == 0, shown.err
    assert shown.out.startswith("mask_rcnn_fbnetv3_a_dsmask_c4 at 224 x 320 pixels\n")
    params = {name: row(shown.out, name)[3] for name in ("trunk", "RPN", "box head", "mask head", "total")}
    assert params == {
        "trunk": "579,680", "RPN": "346,491", "box head": "817,841", "mask head": "811,920", "total": "2,555,932",
    }  # fmt: skip
    assert [row(shown.out, name)[1] for name in ("box head", "mask head")] == ["30", "100"]
    assert row(nars("model", "faster_rcnn_fbnetv3_g_fpn").out, "FPN")[3] == "661,504"


def test_detectors_are_listed_below_the_networks(nars: Nars) -> None:
    listed = nars("model")
    assert row(listed.out, "mask_rcnn_fbnetv3_g_fpn")[1:4] == ["800 x 1344", "1000", "100"]
    assert row(listed.out, "faster_rcnn_fbnetv3_a_c4")[5] == "5,306,708"


def test_weights_of_a_detector_that_are_not_there_are_one_message(nars: Nars) -> None:
    shown = nars("model", "mask_rcnn_fbnetv3_a_dsmask_c4", "--weights", "FBNetV3a-DSMask-C4 COCO")
    assert (shown.code, shown.out) == (2, "")
    assert "mobile-cv" in shown.err
