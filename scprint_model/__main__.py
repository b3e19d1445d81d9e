"""``python -m scprint_model`` is the program ``scprint``; torchrun starts it so."""

from scprint_model.cli import main

main()
