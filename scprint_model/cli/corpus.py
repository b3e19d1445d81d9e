"""`scprint corpus`: build a corpus, look at one, and make the tables that one needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scprint_model.corpus.settings import Settings as CorpusSettings
    from scprint_model.corpus.settings import Source
    from scprint_model.ontology import Ontology

app = typer.Typer(no_args_is_help=True, help="Build a corpus of cells, look at one, make its tables.")

# names of the ontologies' files begin so; several for one class are joined
_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "cell_type_ontology_term_id": ("CL",),
    "disease_ontology_term_id": ("MONDO", "PATO"),
    "assay_ontology_term_id": ("EFO",),
    "self_reported_ethnicity_ontology_term_id": ("HANCESTRO",),
    "sex_ontology_term_id": ("PATO",),
    "tissue_ontology_term_id": ("UBERON",),
    "development_stage_ontology_term_id": ("HsapDv", "MmusDv"),
}
_TAXA = {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090"}

Files = Annotated[
    list[Path] | None, typer.Argument(help="h5ad files, packed (.gz) or not: one data set each.")
]
Sources = Annotated[
    Path | None,
    typer.Option(help="YAML list of files: path, and name, organism, counts, genes, labels, columns."),
]
Organism = Annotated[
    str | None, typer.Option(help="Taxon of FILES that do not tell it: human, mouse, NCBITaxon:...")
]
CountsPlace = Annotated[str, typer.Option(help="Where FILES hold raw counts: auto, X, raw, or a layer.")]


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    vocabulary: Annotated[Path, typer.Option(help="Genes: a file of `scprint corpus vocabulary`.")],
    files: Files = None,
    sources: Sources = None,
    organism: Organism = None,
    counts: CountsPlace = "auto",
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="Column of labels, in token order; repeat.")
    ] = None,
    ontologies: Annotated[
        Path | None, typer.Option(help="Folder with ontologies named CL*, MONDO*, EFO*, ...: .obo or .json.")
    ] = None,
    ontology: Annotated[
        list[str] | None, typer.Option(help="CLASS=FILE[,FILE]: the ontology of one class; repeat.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Setting such as min_genes=100 or parents=all; repeat.")
    ] = None,
) -> None:
    """Build a memory-mapped corpus from h5ad files with raw counts."""
    from scprint_model.corpus.write import build_corpus
    from scprint_model.vocabulary import Vocabulary

    names = list(classes) if classes else None
    report = build_corpus(
        _sources(files, sources, organism, counts),
        out,
        vocabulary=Vocabulary.load(vocabulary),
        classes=names,
        ontologies=_ontologies(ontologies, ontology or (), names),
        settings=_settings(sets or ()),
        progress=lambda line: typer.echo(line, err=True),
    )
    typer.echo("\n".join(report.lines()))


@app.command()
def info(
    folder: Annotated[Path, typer.Argument(help="A corpus.")],
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its digest.")] = False,
    labels: Annotated[bool, typer.Option("--labels", help="List all labels with their cells.")] = False,
) -> None:
    """Say what a corpus holds."""
    import numpy as np

    from scprint_model.corpus.read import Corpus
    from scprint_model.corpus.report import Report

    corpus = Corpus.open(folder)
    if verify:
        corpus.verify()
    typer.echo("\n".join(Report(corpus.manifest, corpus.cells - len(np.unique(corpus.twin))).lines()))
    spans = ", ".join(f"{span.stop - span.start} of {name}" for name, span in corpus.vocabulary.spans.items())
    typer.echo(f"  {len(corpus.vocabulary)} genes: {spans}; digest {corpus.vocabulary.digest[:12]}")
    for column, space in enumerate(corpus.labels if labels else ()):
        codes, cells = np.unique(corpus.classes[:, column], return_counts=True)
        for code, number in zip(codes, cells, strict=True):
            kind = "group" if code >= len(space.leaves) else "leaf" if code >= 0 else "-"
            typer.echo(f"{space.name}\t{code}\t{kind}\t{space.decode(code)}\t{space.title(code)}\t{number}")


@app.command("vocabulary")
def make_vocabulary(
    annotation: Annotated[Path, typer.Option(help="Table of genes: id, symbol, biotype, chromosome, start.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    files: Files = None,
    sources: Sources = None,
    organism: Annotated[list[str] | None, typer.Option(help="human, mouse, NCBITaxon:...; repeat.")] = None,
    counts: CountsPlace = "auto",
    biotype: Annotated[str, typer.Option(help="Kind of genes; empty: all.")] = "protein_coding",
    symbols: Annotated[
        list[Path] | None, typer.Option(help="Table with symbols of genes that the annotation has none of.")
    ] = None,
    min_cells: Annotated[int, typer.Option(help="With FILES: cells that must express a gene.")] = 10,
    min_genes: Annotated[int, typer.Option(help="With FILES: cells count if they express more genes.")] = 200,
) -> None:
    """Make the table of a model's genes: those of an annotation, or those of them that cells express."""
    from scprint_model.annotation import choose_genes, read_annotation
    from scprint_model.cli.outputs import aside, check_target
    from scprint_model.corpus.expressed import count_expressing, keep_expressed
    from scprint_model.corpus.settings import Settings

    check_target(out)
    taxa = [_TAXA.get(name, name) for name in organism or ("human", "mouse")]
    named = [gene for path in symbols or () for gene in read_annotation(path)]
    made = choose_genes(read_annotation(annotation), organisms=taxa, biotype=biotype or None, symbols=named)
    if files or sources:
        listed = _sources(files, sources, None, counts)
        cells_G = count_expressing(listed, made, Settings(min_genes=min_genes))
        made = keep_expressed(made, cells_G, at_least=min_cells)
    with aside(out) as path:
        made.save(path)
    spans = ", ".join(f"{span.stop - span.start} of {name}" for name, span in made.spans.items())
    typer.echo(f"{len(made)} genes: {spans}; digest {made.digest[:12]}")


@app.command()
def tokens(
    fasta: Annotated[list[Path], typer.Argument(help="Peptides of Ensembl, packed (.gz) or not.")],
    vocabulary: Annotated[Path, typer.Option(help="Genes: a file of `scprint corpus vocabulary`.")],
    out: Annotated[Path, typer.Option(help="File to write, .safetensors.")],
    model: Annotated[
        str, typer.Option(help="Folder or hub name of an ESM2 model.")
    ] = "facebook/esm2_t33_650M_UR50D",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "cpu",
    width: Annotated[int, typer.Option(help="Width to pool to; 0: keep the model's.")] = 1024,
    keep_genes: Annotated[
        Path | None, typer.Option(help="Also write the vocabulary of the genes that have a protein.")
    ] = None,
) -> None:
    """Make gene tokens from proteins: the mean ESM2 embedding of each gene's first peptide."""
    from scprint_model.cli.inputs import device_of
    from scprint_model.cli.outputs import aside, check_target
    from scprint_model.gene_tokens.table import make_table
    from scprint_model.vocabulary import Vocabulary

    for path in (out, keep_genes or out):
        check_target(path)
    done = make_table(
        fasta,
        Vocabulary.load(vocabulary),
        model=model,
        device=device_of(device),
        width=width or None,
        progress=lambda number, of: typer.echo(f"{number} of {of} proteins", err=True),
    )
    with aside(out) as path:
        done.table.save(path)
    if keep_genes is not None:
        with aside(keep_genes) as path:
            done.vocabulary.save(path)
    typer.echo(
        f"{len(done.vocabulary)} genes x {done.table.values.shape[1]}; {done.without} genes have no protein"
    )


def _sources(
    files: Sequence[Path] | None, listed: Path | None, organism: str | None, counts: str
) -> "list[Source]":
    from scprint_model.corpus.settings import Source, read_sources

    taxon = None if organism is None else _TAXA.get(organism, organism)
    named = [Source(path=path, organism=taxon, counts=counts) for path in files or ()]
    return [*named, *(read_sources(listed) if listed else ())]


def _ontologies(
    folder: Path | None, named: Sequence[str], classes: Sequence[str] | None
) -> "dict[str, Ontology]":
    from scprint_model.corpus.settings import CLASSES
    from scprint_model.errors import ConfigError
    from scprint_model.ontology import Ontology

    found: dict[str, list[Path]] = {}
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"There is no folder of ontologies {folder}.")
    files = sorted(folder.iterdir()) if folder is not None else []
    for name in CLASSES if classes is None else classes:
        starts = tuple(f"{prefix}-" for prefix in _PREFIXES.get(name, ()))
        paths = [
            path for path in files if path.name.startswith(starts) and {".obo", ".json"} & set(path.suffixes)
        ]
        if starts and paths:
            found[name] = paths
    for entry in named:
        name, equals, paths_text = entry.partition("=")
        if not equals:
            raise ConfigError(f"--ontology is {entry!r}; it must be CLASS=FILE.")
        found[name] = [Path(path) for path in paths_text.split(",")]
    return {name: Ontology.read(*paths) for name, paths in found.items()}


def _settings(entries: Sequence[str]) -> "CorpusSettings":
    import yaml  # type: ignore[import-untyped] # it has no stubs

    from scprint_model.corpus.settings import Settings
    from scprint_model.errors import ConfigError

    values = {}
    for entry in entries:
        name, _, value = entry.partition("=")
        try:
            values[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set is {entry!r}; it must be NAME=VALUE.") from error
    return Settings.from_dict(values)
