"""Every error that bengrn raises on purpose; the command line prints the message and exits with 2."""


class BengrnError(Exception):
    """Something the user can mend: the message says what was found, expected, and what to do."""


class UnknownNameError(BengrnError):
    """A method, truth, data set, metric, setting or cell type that does not exist."""


class SettingError(BengrnError):
    """A setting with a value that cannot be used."""


class DataError(BengrnError):
    """Expression data that cannot be used: no counts, duplicated genes, too few cells."""


class NetworkError(BengrnError):
    """A network whose shape, names or scores are wrong."""


class DenoisedError(BengrnError):
    """Denoised expression whose shape, names or values are wrong."""


class EmbeddingError(BengrnError):
    """An embedding of cells whose shape, names or values are wrong."""


class LabelsError(BengrnError):
    """Labels of cells that are too few or too many, or no labels."""


class TruthError(BengrnError):
    """A ground truth whose shape, names or edges are wrong."""


class MetricError(BengrnError):
    """A metric that is undefined on its input."""


class PluginError(BengrnError):
    """A plug-in that cannot be loaded, or that declares something unusable."""


class FetchError(BengrnError):
    """A file that is missing, broken, or cannot be downloaded."""


class StoreError(BengrnError):
    """A record or a folder of records that cannot be read or written."""
