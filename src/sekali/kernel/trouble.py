"""What stops the program from starting or going on, in one or two sentences for the operations engineer."""


class Trouble(Exception):
    """A clear word and what to do; shown without a traceback."""
