"""The named errors a user may see: each says name, value, bound and way out in one sentence."""


class NeuralEqError(Exception):
    """A problem that the user can mend; ``str(error)`` is fit for the screen."""


class ParameterError(NeuralEqError):
    """A number of an equaliser, a configuration or a request is outside its bounds."""


class DataError(NeuralEqError):
    """A table of settings cannot be read or holds too little to work with."""


class DownloadError(NeuralEqError):
    """The published table could not be fetched or is not what was published."""


class CheckpointError(NeuralEqError):
    """A model file is damaged, foreign, newer than this program, or not a model at all."""


class AudioError(NeuralEqError):
    """An audio file or array cannot be read, written or filtered."""


class PresetError(NeuralEqError):
    """A file of a setting is damaged, foreign or newer than this program."""


class TermError(NeuralEqError):
    """A word is not one that the model or the data knows."""


class OutputError(NeuralEqError):
    """A result cannot be written where it was asked for."""


class DivergedError(ParameterError):
    """A training's loss left all bounds: its learning rate is too high."""


class RunError(NeuralEqError):
    """A run cannot do what it is asked to, such as go on without its data."""
