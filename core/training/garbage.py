"""What the garbage collector need not look through again and again."""

import atexit
import gc
from functools import cache
from importlib import import_module


@cache
def freeze_keras() -> None:
    """Take Keras, and all else that there is, out of the garbage collector's sight; once.

    Once Keras is loaded, Streamlit collects garbage after every rerun of every page; without the
    hundreds of thousands of objects that came with TensorFlow that takes 2 ms, not 200. Only once,
    as what is garbage when it is frozen stays for ever.
    """
    # Another thread may be in the midst of it.
    import_module("keras")
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
