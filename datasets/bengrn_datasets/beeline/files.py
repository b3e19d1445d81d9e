"""Where every file of BEELINE lies: addresses, sizes and digests.

The repository of BEELINE no longer holds its inputs, so each is taken from a commit that does. The cuts of
real networks and expression come from the repository of GENELink, which took them from BEELINE's archive
(https://zenodo.org/records/3701939).
"""

import re
from functools import lru_cache
from urllib.parse import quote

from bengrn.plugin import Remote

__all__ = ["COMMITS", "remote"]

COMMITS = {
    "03": "03df05d37f58395043c8a1548a29eb18fc7e6334",
    "13": "13c8593dae8723776c8825ac467b81cd9f04ee16",
    "24": "2498100d746abfcab2e3152ebdba70c8885e2a3a",
    "37": "37464085eb8a95d6cc6a3d3a3c649d36db6052ed",
    "56": "56c70267a7f93e4445e0827ef9ba95db4893f42c",
    "88": "88c9682bacf99c8a178233ab703773b968f0994b",
    "90": "900e18dac032d3a41f03cda4be5d1475d9738897",
    "b2": "b235325037474fdb12eeb4f996e150747bc64827",
    "b4": "b46ad2f2765a2ba719c6d958c3a9b08565b30b22",
    "c8": "c87f3cd4e6628e71e3a1b2c42af76c82e32193fc",
    "cf": "cfef8074ef40c6b18a1b09f98593ac7a0680ecb5",
    "d0": "d0b2102aa7872cbdb317aaed22cbfd44859d7bcb",
    "4e": "4eb816af27f5fe0cb26f9230286401801b251129",
}
_REPOSITORIES = {"4e": "zpliulab/GENELink"}  # all others: BEELINE's own
_CUT = re.compile(r"GENELink_(?P<cells>\w+?)_TFs500\w*/((?P<kind>[\w-]+)/)?(?P<file>[^/]+)")

# a folder of the mirror, then its files: commit, bytes, sha256, name
_TABLE = """\
inputs/Synthetic/dyn-BF/dyn-BF_2000_0/
90 290850 837b0a01ce44a43ec5701a8bb53929844ff6e5566354a99063fea63f904d4079 ExpressionData.csv
90 34102 e6c35a3a28bc737fd5c58ca8670177b5a3fd476ce61529a252755edd1f7610b4 PseudoTime.csv
90 113 592ff29d3eabd3c88f53960672281c09a8b192edf2431ad2a419091e39adaa79 refNetwork.csv
inputs/Synthetic/dyn-BFC/dyn-BFC_2000_0/
90 412592 6499d8733c456f3cd4a61483858a59a4920072d6cbcff98c0d2b3034c9db9aae ExpressionData.csv
90 34099 145a4d25e7cb757ad354fcfac34a68b2e9d380dd8b504d79b251a04575249087 PseudoTime.csv
90 162 431054c8ed063ceef225b6992aabff4bd6ce01346832193dfd159bae65d56051 refNetwork.csv
inputs/Synthetic/dyn-CY/dyn-CY_2000_0/
90 252050 646534c56423e858193be5bdb9c86228e34f230a98ea515e13ce50e2812a2762 ExpressionData.csv
90 40666 106a921406cf955e6aa04836705ec6d740e8d362015ac16c24e0bb9a3186ec08 PseudoTime.csv
90 65 f7fe56024ed5cdf01eb1ff0ea29b09e70a294442cd09dc882438b5d369853c02 refNetwork.csv
inputs/Synthetic/dyn-LI/dyn-LI_2000_0/
90 290806 8dc1c2dd3f225862d8738dfc43e0a6429b88b07607757d0028c8b4ef1f117235 ExpressionData.csv
90 38595 833ceb6624f1aaeff767dcc2542946bb12e8aaed6ed89ac1fc189b27f4676dae PseudoTime.csv
90 81 79f38a794388c0e20595b8d4cc699226c7fc7c04b1049226e85d72412616fea8 refNetwork.csv
inputs/Synthetic/dyn-LL/dyn-LL_2000_0/
90 722057 172443cd9f015ef9c6e57f0a35d973387a389fa54948e3c5e5d6b260cfc6ed59 ExpressionData.csv
90 38661 b41a0ab82d842ec610b4279f299ef6aac9a9fc48d7af9aea8efd38a5b67df465 PseudoTime.csv
90 189 b87fe6af560bb9d94da34292eac6f6822b5099582c7de26b08f6f7c995653e67 refNetwork.csv
inputs/Synthetic/dyn-TF/dyn-TF_2000_0/
90 334839 e8649ad7f6818b7fa27eb8f6ca7cdf82cf5d304669118a8e0694f84765b673ac ExpressionData.csv
90 36142 c2f08e925e948ab71c431875253bcc543de1c23f13808a8638eb92714c9a8729 PseudoTime.csv
90 177 308122adf59cd3423e84bb29503ed9824eae7cda6e6a6f52e74f458c78a47682 refNetwork.csv
inputs/Simulated/GSD/GSD_2000_0/
90 769503 05a465cd70ec47c9ca7eb04303415032dc632b74912418e8184e6aea7551d58c ExpressionData.csv
90 66406 355ea08e185140cbbcedfd4041adfe0bca8dad25793d629ec9a469783a731571 PseudoTime.csv
inputs/Simulated/GSD/GSD_2000_0_50/
90 613371 a61ac80d7acfba6dce315887617887fd64dfdff47cd5ea75d92982dece48563d ExpressionData.csv
inputs/Simulated/HSC/HSC_2000_0/
90 460696 b150eb3487ad3b1968e03ccb5600273a3dedbc590a50ccc6aa0caae10aa6dc70 ExpressionData.csv
90 77818 da4432fd4bd265d147b7ce89daa2e856d250e768a588364c63403e70338df551 PseudoTime.csv
90 398 1d8176a765c5ac27b124e209b027b9e5a75126a2197b9b075e49135e6935bf81 refNetwork.csv
inputs/Simulated/HSC/HSC_2000_0_50/
90 368148 877fa1f07d525ffd2a42aeaf113adeda5ac048f31340f5eb8c9b8097036958a6 ExpressionData.csv
inputs/Simulated/VSC/VSC_2000_0/
90 334429 609a0ee5ae15b7162e111ab6b4b48910e4853dd79b7bbe8444f08b97e1c87c34 ExpressionData.csv
90 83599 838f1819be365ae1a50e740ccf5b3bb568f342779d9ab60c4d83684e491880a7 PseudoTime.csv
90 214 5954982953c8ea9cbf525aed90f6e540b79190de8aa970aacf5205ce79db65fd refNetwork.csv
inputs/Simulated/VSC/VSC_2000_0_50/
90 268929 cc27e99c7e6cfd5c7778d3c9f29a2b82c29432b255adb8724f6238fc278d6298 ExpressionData.csv
inputs/Simulated/mCAD/mCAD_2000_0/
90 217943 20344ce0aff70ef4080be45764301c4b9e0d1e8ed45d321369435c24dd203cad ExpressionData.csv
90 64370 e020ffd74cbfc25d23b01d2814260439443b2a9f3951f3cf470dd1c6a1c99b05 PseudoTime.csv
90 179 3ed9cd46f69a3abae977c3aea6f0e36109a928332f39b893bc3e62ab362ba07f refNetwork.csv
inputs/Simulated/mCAD/mCAD_2000_0_50/
90 175894 ab49551f184e756a71e6106a8d162ca42e2709b4508583afbaa0c9792ddad7c4 ExpressionData.csv
inputs/example/GSD/
37 1122 ced52bd994d01fda11b4c84c13c345de45cb02784ccdef936b1ae8fe50eb8d14 GroundTruthNetwork.csv
GENELink_hESC_TFs500_networks_only/Non-Specific/
4e 39738 e595603f1d2298062cc95797d7f985fe0453a408bc52e5eecb8a5e185b8897c5 BL--network.csv
GENELink_hESC_TFs500_networks_only/STRING/
4e 50737 28b5cfc68f5fcdb0d3d8ec9589616df41032d737f1bdd8ba7a988f84e14b4149 BL--network.csv
GENELink_hESC_TFs500_networks_only/Specific/
4e 54494 9aab538f6ba89bb08eff24dddbf27e0d9e9a01b0c4e4e13953c1fb631b3e69b0 BL--network.csv
GENELink_mDC_TFs500/
4e 3413069 17a950843297b18d693df77919a173f2a72370c8fa482b23e86126c601583bd3 BL--ExpressionData.csv
GENELink_mDC_TFs500/Non-Specific/
4e 35515 408385ebe4e8d3e101f977a3feaa880e9abed3a87343901d11dc52e57a85a5ef BL--network.csv
GENELink_mDC_TFs500/STRING/
4e 58202 1a79c72d7100243c07deaa91ac9cb22805726a3197a9f318b0658205bad8bba4 BL--network.csv
GENELink_mDC_TFs500/Specific/
4e 11643 d38ebafc41d6bcb66bbf5756a2e59ebd334fd4eeca47d72c74d612da751166a9 BL--network.csv
GENELink_mESC_TFs500_networks_only/Lofgof/
4e 49231 b1e0c9ebeb85ca43f85321ef071bd894b2cd9632bbeb6117da3bb69bc48c34ba BL--network.csv
GENELink_mESC_TFs500_networks_only/Non-Specific/
4e 81298 1a9626a7d8d73b9f79db80ee404634be8d34c34ddf11f2b154973430242dc281 BL--network.csv
GENELink_mESC_TFs500_networks_only/STRING/
4e 93963 ab25386971eb06f2a63c1d0d5186494b33e0170df5685ca5fa1ac385174683e4 BL--network.csv
GENELink_mESC_TFs500_networks_only/Specific/
4e 350092 80751cc37512abebee79e2b29750cc21c42c203c1ea791860c9d798081716bb9 BL--network.csv
Networks/human/
13 4080859 6b9d361ab05ca918d486ec470d932b4eaa3052e60bf1be843ca1c721b893cab9 HepG2-ChIP-seq-network.csv
13 2407286 316a0befe3203b3d751d7b8beea3eeddc1139e6def71b42159051d5de5e9830e STRING-network.csv
Networks/mouse/
13 1224765 3326a17972f50f5447a221aff918c6aee075a768ed02d465a9f71499345c6e9c Non-Specific-ChIP-seq-network.csv
13 1955498 76aa9be9ce02243acde0deab46ea65e0e9bc641a69e1e86b334fbc31bea63e43 STRING-network.csv
13 491599 a4ceaf22693d8bbb7d32dfb77ed6ba7f55621446d7929a8b0b4b012cc5072aee mDC-ChIP-seq-network.csv
13 1367697 7bcc57ffd2e89b7d3daad4cdec0f1b43ed1f3f695017338faf77d14969bcc19e mESC-lofgof-network.csv
inputs/datasets/human/THP1/
03 581983 57613980ca147a73ad47f8f743eecceffb715a8a3c4d78bda557faabdfbc94d0 ExpressionData.csv
03 12994 ca720740e2c9edef20a3997aedfbf785a4bb6e274781f64c35046ab2375b17c4 PseudoTime.csv
03 4381 c450a3fb87e69a2ba148e5dd74416622652bff075d6425fcb75b7876379dad73 refNetwork.csv
inputs/datasets/human/hESC/
b2 495256 68843dac7f9575c1c311f56da8f49ae6864249a6ac86f980fb14bfd693b047e8 ExpressionData.csv
cf 19268 300a888f5df11bd167131139b50cfda9b7ed9953291cd3d0633cf5ef457eb7bf PseudoTime.csv
d0 3503 727ef7056b83a27c64853d4a7cbd63b9362a964c77102dc4bc0e48742e61524d refNetwork-string-400.csv
d0 970 22086f7df4c7890874a797d81bcd816fcea43c5db67adf4b98508a1a32fb9e56 refNetwork-string-700.csv
24 430 e4c8ccd69387aad1c1e673c27e9d4963a8e7f9b73a204bd246fc8a9d53cd4d2b refNetwork-string-900.csv
b2 4940 94f8dbd8df690b909f7407caca08db6b57b0a99ec94139c3bec542bf73e9a07d refNetwork.csv
inputs/datasets/mouse/mEF/
c8 185023 c5d329178b9e8bf44d098d178b960930966bb0a0a05cef05978e6ebe03385f1d ExpressionData.csv
cf 9305 e68e2cedfe2cbbc6334e1470a2dbfa8e17db0829f5e902f4a65db0817541c856 PseudoTime.csv
56 2801 52a4d79eb7679d03f741702b7d3be4891c60d2d58ef7930f5ac5176e55f89dd8 refNetwork-string-400.csv
56 1126 bb08344370d45953e91d974e2b6c5d51e41883711df8417944f60da3451a6ccc refNetwork-string-700.csv
24 512 4e598858a6c902d8758e9317ad2886152ea7d81cbb8bb3c1a3b0c7b8875df8ac refNetwork-string-900.csv
c8 8412 3b9c995284aaa1a084defe3cb0b8942eabf4c4f533857f230800a6cd037256e1 refNetwork.csv
inputs/datasets/mouse/mES-PE/
b4 359203 a77c803fd21c4be32517a9c54b223546b23296e0ade9a8e84346da4430c615c3 ExpressionData.csv
cf 11665 655f1dea161cbf17250c2c914f628fdd1a3bdc5536183e17d4c4b54019d3d7c7 PseudoTime.csv
56 3465 cc9a96cc5bcb204ccebdcf3f5338453180373941e82e6752c9684d5640683a06 refNetwork-string-400.csv
56 1286 6cb13c6605bf9b613b4a9520c18462a174dc01a5d14f483f88a207dbd9b86cd3 refNetwork-string-700.csv
24 430 27027a810b4f9f7a2bed27045a167a94f9c10c475b848fa101642864f632aede refNetwork-string-900.csv
b4 8091 1192ae88888d69c5acf3d28be6c49ed215f9f1ad3e4a001044ab6ed11023ab54 refNetwork.csv
inputs/datasets/mouse/mES-retinoic/
88 103727 05cbd64c82a7c36139f1c10ae962f1979244b842598e6bbb60d41a2dfaced461 ExpressionData.csv
88 49463 f8aa137f276e2e34f76f779326d94373cec8f724a6bc5c58d5c69c34ce7ac1af PseudoTime.csv
88 722 0f1ca92db66972f5d8c4df76a279b7939128a1e7db70dbec41c6bf22dc37fa0a refNetwork.csv
"""


@lru_cache(maxsize=1)
def _rows() -> dict[str, tuple[str, int, str]]:
    """Return path -> commit, bytes, sha256."""
    rows: dict[str, tuple[str, int, str]] = {}
    folder = ""
    for line in _TABLE.splitlines():
        if line.endswith("/"):
            folder = line
            continue
        commit, size, digest, name = line.split(" ")
        rows[folder + name] = (commit, int(size), digest)
    return rows


def remote(path: str) -> Remote:
    """Return a file of BEELINE by its path in a mirror, below `beeline/`.

    Raises
    ------
    KeyError
        If the table has no such file.
    """
    commit, size, digest = _rows()[path]
    repository = _REPOSITORIES.get(commit, "Murali-group/Beeline")
    url = f"https://raw.githubusercontent.com/{repository}/{COMMITS[commit]}/{quote(_upstream(path))}"
    return Remote(url, digest, size, f"beeline/{path}")


def _upstream(path: str) -> str:
    """Return where a file lies in its repository; the expression of a cut lies beside each network."""
    cut = _CUT.fullmatch(path)
    if not cut:
        return path
    kind = cut["kind"] or "Specific"
    return f"Dataset/Benchmark Dataset/{kind} Dataset/{cut['cells']}/TFs+500/{cut['file']}"
