"""Every error that scprint_model raises on purpose: one clear line that the command line prints alone."""


class ScprintError(ValueError):
    """Something the user can mend: the message says what was found, expected, and what to do."""


class ConfigError(ScprintError):
    """A setting of the model, of a loss or of a run that cannot be used."""


class VocabularyError(ScprintError):
    """Genes that do not fit the model's genes."""


class LabelError(ScprintError):
    """A label, a label space or an ontology that cannot be used."""


class CorpusError(ScprintError):
    """Cells that cannot be used: no counts, a broken corpus, an empty batch."""


class CheckpointError(ScprintError):
    """Weights that cannot be read, or that belong to another model."""


class TrainingError(ScprintError):
    """A training that cannot start or go on."""
