"""`python -m bengrn`."""

from bengrn.cli import main

main()
