"""The inputs of the data sets that SERGIO's authors published: where they lie, and what they must contain."""

from collections.abc import Mapping
from dataclasses import dataclass

from bengrn.plugin import Remote

__all__ = ["SERGIO_SETS", "SergioSet", "sergio_file"]

_COMMIT = "a6190b74425112834c8fa9b4b6157d9cb3d1ab88"


def sergio_file(place: str, size: int, sha256: str) -> Remote:
    """Return a file of the SERGIO repository."""
    url = f"https://raw.githubusercontent.com/PayamDiba/SERGIO/{_COMMIT}/{place}"
    return Remote(url=url, sha256=sha256, bytes=size, path=f"sergio/{place}")


@dataclass(frozen=True)
class SergioSet:
    """A data set of the authors: its size and its files (name, bytes, sha256).

    Sets with a bifurcation matrix differentiate; the others are in a steady state.
    """

    number: int
    genes: int
    types: int
    edges: int
    folder: str
    listed: Mapping[str, tuple[str, int, str]]

    @property
    def differentiates(self) -> bool:
        """Whether its cells differentiate."""
        return "bifurcation" in self.listed

    def files(self, *keys: str) -> dict[str, Remote]:
        """Return these files."""
        rows = {key: self.listed[key] for key in keys if key in self.listed}
        return {
            key: sergio_file(f"data_sets/{self.folder}/{name}", size, sha256)
            for key, (name, size, sha256) in rows.items()
        }


SERGIO_SETS = (
    SergioSet(
        1,
        100,
        9,
        258,
        "De-noised_100G_9T_300cPerT_4_DS1",
        {
            "interactions": (
                "Interaction_cID_4.txt",
                8005,
                "005b094d361eadbbc5a8ef981e4746a4bcb31378608bbff9e51a8ed116277f53",
            ),
            "rates": (
                "Regs_cID_4.txt",
                1251,
                "d2ee5839c40da257ed2773599b71e44dfdff05b829749fd259eca7da316a5ecc",
            ),
            "pairs": ("gt_GRN.csv", 1451, "935c216546ed1fd655a24b7382ade2f7e388b554621950074c14573a679f95f1"),
        },
    ),
    SergioSet(
        2,
        400,
        9,
        1155,
        "De-noised_400G_9T_300cPerT_5_DS2",
        {
            "interactions": (
                "Interaction_cID_5.txt",
                36845,
                "fc2a5a09d4ba013e584a58ab59136746c93b20ecb72082bf6bb50e65ea3a5664",
            ),
            "rates": (
                "Regs_cID_5.txt",
                3514,
                "5ece6ad8ce0a4808062031ef80d3d4c102674b98a94ed2633938d40af2f452a6",
            ),
            "pairs": ("gt_GRN.csv", 8192, "3a52359b5672dc9876f4afafaade6f001a80adac941cf492d7ebc5f138adafef"),
        },
    ),
    SergioSet(
        3,
        1200,
        9,
        2713,
        "De-noised_1200G_9T_300cPerT_6_DS3",
        {
            "interactions": (
                "Interaction_cID_6.txt",
                91163,
                "0f4519616c1760566b42877493b74e154d348cb8f87924e89b7f5b1a18c79411",
            ),
            "rates": (
                "Regs_cID_6.txt",
                11905,
                "25b35f1ce9f1339b40beea796841960b7b6122435be00830885e53e091f17d31",
            ),
            "pairs": (
                "gt_GRN.csv",
                21876,
                "ba460c3727c6708384d2fa0f3fb8cdfb9a23ae67fac3313efb739028b90c5227",
            ),
        },
    ),
    SergioSet(
        4,
        100,
        3,
        137,
        "De-noised_100G_3T_300cPerT_dynamics_9_DS4",
        {
            "interactions": (
                "Interaction_cID_9.txt",
                4680,
                "e8baa9317d58109ad8c79614aecd5d4f9640c60cbcabbd8b2d02a353b4fcf85f",
            ),
            "rates": (
                "Regs_cID_9.txt",
                376,
                "885601c61df99c724f5d72cc181fecf34f6729f646a46aad26a7bed86da0a87f",
            ),
            "pairs": ("gt_GRN.csv", 719, "93c2a25909e394ffd98bed4b2e789e5effe3a7e4e529c52f8a3cf5b4935d9d95"),
            "bifurcation": (
                "bMat_cID9.tab",
                22,
                "ca8da353ed6f5c4e4392b69a2577a0e51a9bc660c483fc5f500016b15a731488",
            ),
        },
    ),
    SergioSet(
        5,
        100,
        4,
        137,
        "De-noised_100G_4T_300cPerT_dynamics_10_DS5",
        {
            "interactions": (
                "Interaction_cID_10.txt",
                4688,
                "cb71ddc0b9a1c874e1edda9a6d706c9a48698bc201625a6f5a28ff0628edfcf8",
            ),
            "rates": (
                "Regs_cID_10.txt",
                484,
                "11942daf8394c6ccd881432a4b868e77d7f7a8ea49582367064a7690ec55e845",
            ),
            "pairs": ("gt_GRN.csv", 719, "93c2a25909e394ffd98bed4b2e789e5effe3a7e4e529c52f8a3cf5b4935d9d95"),
            "bifurcation": (
                "bMat_cID10.tab",
                39,
                "7303243f7c900ed6d0561591f87a7e956821231e30b18828dde244e38a6dbf23",
            ),
        },
    ),
    SergioSet(
        6,
        100,
        6,
        137,
        "De-noised_100G_6T_300cPerT_dynamics_7_DS6",
        {
            "interactions": (
                "Interaction_cID_7.txt",
                4693,
                "e9d0736880652c1942bbc45b21e220147af065404db26dccb2136cc0f458f4c0",
            ),
            "rates": (
                "Regs_cID_7.txt",
                707,
                "c70d22daa9980de02f6b96d4b3d9c04ab0a79988d31f305e5d56463e0154e348",
            ),
            "pairs": ("gt_GRN.csv", 719, "93c2a25909e394ffd98bed4b2e789e5effe3a7e4e529c52f8a3cf5b4935d9d95"),
            "bifurcation": (
                "bMat_cID7.tab",
                87,
                "3abdb29003eb91b883fd403caae3f4f4906b44f2b3fa99358d1efe14e3654513",
            ),
        },
    ),
    SergioSet(
        7,
        100,
        7,
        137,
        "De-noised_100G_7T_300cPerT_dynamics_11_DS7",
        {
            "interactions": (
                "Interaction_cID_11.txt",
                4678,
                "72ab1aaf4b0f6c4e23aa5293cd828bc79591a8e907023e71cd736e51539f066d",
            ),
            "rates": (
                "Regs_cID_11.txt",
                828,
                "6876962bd019c7212985cc58ed36647d54bd9a115f05856109600c8ef406168e",
            ),
            "pairs": ("gt_GRN.csv", 719, "93c2a25909e394ffd98bed4b2e789e5effe3a7e4e529c52f8a3cf5b4935d9d95"),
            "bifurcation": (
                "bMat_cID11.tab",
                111,
                "a67df7df89fdf4a46666965dde3e434839ffc4179bcccc33de5ade3fd0227b18",
            ),
        },
    ),
    SergioSet(
        8,
        100,
        3,
        137,
        "De-noised_100G_3T_300cPerT_dynamics_8_DS8",
        {
            "interactions": (
                "Interaction_cID_8.txt",
                4671,
                "6d493d5b5fdaeb63645f4b55980a2d65ee5511045905ae66dc1378f35f8b081c",
            ),
            "rates": (
                "Regs_cID_8.txt",
                372,
                "6ebc302f1326c4946f6376ae70ffea515414b540f103cd72adba063a4ae5f5fb",
            ),
            "pairs": ("gt_GRN.csv", 719, "93c2a25909e394ffd98bed4b2e789e5effe3a7e4e529c52f8a3cf5b4935d9d95"),
            "bifurcation": (
                "bMat_cID8.tab",
                22,
                "fd4f5dd4e14cce5401fce12d3394b13e5c18b0ad54eadedd895954e19fcff792",
            ),
        },
    ),
)
