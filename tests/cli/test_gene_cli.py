"""`bengrn genes`: a table on the output, the counts beside it, one line for bad input."""

import pytest


def test_names_are_shown_with_what_they_become(bengrn):
    ran = bengrn("genes", "TP53", "H3F3A", "ENSG00000254647.3", "NOSUCHGENE")
    assert ran.code == 0, ran.err
    header, *rows = (line.split("\t") for line in ran.out.splitlines())
    assert header == ["name", "symbol", "status", "note"]
    assert [row[:3] for row in rows] == [
        ["TP53", "TP53", "current"],
        ["H3F3A", "H3-3A", "previous"],
        ["ENSG00000254647.3", "INS", "ensembl"],
        ["NOSUCHGENE", "NOSUCHGENE", "lost"],
    ]
    assert rows[3][3] == "no human gene has this symbol or previous symbol"


def test_the_counts_and_the_sources_are_told(bengrn):
    ran = bengrn("genes", "Trp53", "Trp53", "Arntl", "Nope", "--organism", "mouse")
    assert "3 names: 2 mapped, 0 ambiguous, 1 lost (GENCODE M37" in ran.err


def test_aliases_are_followed_when_asked_for(bengrn):
    assert "p53\tTP53\talias" in bengrn("genes", "p53", "--aliases").out
    assert "p53\tp53\tlost" in bengrn("genes", "p53").out


def test_names_are_read_from_a_file_and_written_to_one(bengrn, tmp_path):
    (tmp_path / "names.csv").write_text('# my genes\n"TP53",1\n\nARNTL,2\n')
    ran = bengrn("genes", "--file", "names.csv", "--out", "table.tsv")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("2 names: 2 mapped, 0 ambiguous, 0 lost")
    rows = [line.split("\t")[:3] for line in (tmp_path / "table.tsv").read_text().splitlines()[1:]]
    assert rows == [["TP53", "TP53", "current"], ["ARNTL", "BMAL1", "previous"]]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("TP53", "--organism", "axolotl"),
            "for 'axolotl'; there is one for human, mouse.",
        ),
        (("ENSMUSG00000059552",), "'ENSMUSG00000059552' are not of the organism 'human'"),
        (("1", "2"), "neither symbols nor Ensembl ids"),
        (("--file", "missing.txt"), "missing.txt cannot be read as text"),
        (("--file", "empty.txt"), "empty.txt holds no names; expected one gene name a line."),
        (("--file", "binary.bin"), "binary.bin cannot be read as text"),
        (("TP53", "--out", "no/folder.tsv"), "cannot be written"),
    ],
)
def test_bad_input_is_one_line(bengrn, tmp_path, arguments, line):
    (tmp_path / "empty.txt").write_text("\n# nothing\n")
    (tmp_path / "binary.bin").write_bytes(b"\x1f\x8b\xff")
    ran = bengrn("genes", *arguments)
    assert ran.code == 2
    assert line in ran.message
    assert len(ran.message.splitlines()) == 1


@pytest.mark.parametrize("arguments", [(), ("TP53", "--file", "names.txt")])
def test_names_come_from_one_place(bengrn, arguments):
    ran = bengrn("genes", *arguments)
    assert ran.code == 2
    assert "give names, or --file FILE" in ran.err
